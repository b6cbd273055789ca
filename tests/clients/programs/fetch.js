// Node's own fetch: it trusts TLS, finds names, and reaches nothing else.
async function step(name, url, reached) {
  let came = false
  try {
    came = (await (await fetch(url)).text()) === '{"status":"ok"}'
  } catch (error) {
    came = false
  }
  console.log(`${came === reached ? 'ok' : 'no'} ${name}`)
}

async function main() {
  await step('https of a region', 'https://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health', true)
  await step('https of another product', 'https://sts.aliyuncs.com/_faultzone/health', true)
  await step('plain http', 'http://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health', true)
  await step('nothing else is reached', 'https://example.com/', false)
}

main()
