// Go's client: it trusts TLS, finds names, and reaches nothing else.
package main

import (
	"fmt"
	"io"
	"net/http"
)

func body(url string) string {
	answer, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	read, _ := io.ReadAll(answer.Body)
	return string(read)
}

func step(name string, url string, reached bool) {
	said := "no"
	if (body(url) == `{"status":"ok"}`) == reached {
		said = "ok"
	}
	fmt.Println(said, name)
}

func main() {
	step("https of a region", "https://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health", true)
	step("https of another product", "https://sts.aliyuncs.com/_faultzone/health", true)
	step("https of a name in no list", "https://anything.of.aliyuncs.com/_faultzone/health", true)
	step("plain http", "http://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health", true)
	step("nothing else is reached", "https://example.com/", false)
}
