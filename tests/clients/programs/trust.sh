# A client of the shell, given as the command: it trusts TLS, finds names, and reaches nothing else.
step() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "ok $name"; else echo "no $name"; fi; }
refused() { ! "$@"; }
step "https of a region" "$@" https://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health
step "https of another product" "$@" https://sts.aliyuncs.com/_faultzone/health
step "https of a name in no list" "$@" https://anything.of.aliyuncs.com/_faultzone/health
step "plain http" "$@" http://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health
step "nothing else is reached" refused "$@" https://example.com/
