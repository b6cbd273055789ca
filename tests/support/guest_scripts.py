"""Scripts of Linux guests: those that do what they do in bash, one a line, and those that are not understood."""

ECHO = r"""
echo
echo ''
echo a b   c
echo -n a; echo b
echo -e 'a\tb\n'
echo -E 'a\tb'
echo -ne 'a\n'
echo -en a
echo -neE 'a\tb'
echo -Een 'a\tb'
echo -e -E 'a\tb'
echo -E -e 'a\tb'
echo -nx a
echo -
echo --
echo -- -n
echo --help
echo -e '\a\b\e\f\r\v\\'
echo -e '\0101\101\60\08\0'
echo -e '\x41\x4g\x7e'
echo -e 'a\cb' c; echo d
echo -e '\z\"\q'
echo -e 'end\'
echo -e "汉字\t'x'"
echo 'a\tb' "c\td"
echo a'b'"c"d\e
echo "a;  b" 'c && d' e\ f
echo "\$HOME \`x\` \\ \n \"q\""
echo "a\
b" c\
d
echo '$HOME' \$HOME
echo a#b # c
echo "#" '#'
echo {} a{b}c '{a,b}'
echo 'a*' "b?" \[c\] \~
echo ] = == ! a!
echo a=b =b
echo ~
echo ~/x ~/"a b"
echo "~" '~' a~b b\ ~
echo $HOME "$HOME" '$HOME' ${HOME}/x "${HOME}x" a"$HOME"b
echo $? "$?"; false; echo $?; echo $?
echo a $ "$" $, 'a$' $\ b
echo -e $HOME'\t'x
"""
PRINTF = r"""
printf
printf 'a\n'
printf 'a\tb%%\n'
printf '%s-%d%%\n' a 7
printf '%s\n' a b c
printf '%s %s\n' a b c
printf '%s %d\n' a
printf '%s\n'
printf 'x\n' a b
printf -- '%s\n' -n
printf '%05d|%-5d|%+d|% d|%5d\n' 42 42 42 42 -42
printf '%05d|%+05d|%-05d|%05d\n' 7 7 7 -7
printf '%.3d|%6.3d|%06.3d|%-6.3d|\n' 7 7 7 7
printf '%.0d|%.d|\n' 0 0
printf '%x %X %o %u %i\n' 255 255 8 9 -9
printf '%#x %#X %#o %#x\n' 255 255 8 0
printf '%#06x|%-#8x|%#8x|\n' 255 255 255
printf '%x %u %o\n' -1 -1 -1
printf '%d %d %d %d\n' 010 0x1F +5 -0x10
printf "%d %d\n" "'A" '"z'
printf '%s|%10s|%-10s|%.2s|%10.2s|\n' abc abc abc abc abc
printf '%*d|%-*d|%*d|\n' 5 42 5 42 -5 42
printf '%.*s|%*.*s|\n' 2 abc 6 1 xyz
printf '%c%c|%3c|%-3c|\n' abc d e f
printf '%b|%s\n' 'a\tb' 'a\tb'
printf '%b\n' '\0101\101\x41\z'
printf 'a%bc\n' 'x\cy' z; echo after
printf '%5b|\n' ab
printf '\101\0101\x41\n'
printf '\"\z\?\n'
printf "\'\n"
printf '%f %.2f %.0f %5.1f|%-8.2f|%08.2f|%+.1f\n' 1 2.346 2.5 3.14159 1.5 1.5 1.5
printf '%.0f %.0f %.0f %.1f\n' 0.5 1.5 -0.5 0.25
printf '%f %f\n' .5 -.25
printf '汉字 \t%s\n' done
printf '%s\n' "a b" 'c  d' e\ f
printf '%d\n'
printf '%s%s%s\n' a '' c
printf 'no newline'
printf '%%%s%%\n' x
printf '\e[1m%s\a\n' x
printf '%5%|\n'
"""
TESTS = r"""
[ ]; echo $?
test; echo $?
[ a ]; echo $?
[ '' ]; echo $?
[ ! ]; echo $?
[ ! a ]; echo $?
[ ! '' ]; echo $?
[ -n a ]; echo $?
[ -n '' ]; echo $?
[ -z a ]; echo $?
[ -z '' ]; echo $?
[ -n ]; echo $?
[ a = a ]; echo $?
[ a = b ]; echo $?
[ a == a ]; echo $?
[ a != b ]; echo $?
[ a != a ]; echo $?
[ ! = ! ]; echo $?
[ = = = ]; echo $?
[ -n = -n ]; echo $?
[ ! a = b ]; echo $?
[ ! a = a ]; echo $?
[ ! -n '' ]; echo $?
[ ! -z '' ]; echo $?
[ 1 -eq 1 ]; echo $?
[ 1 -eq 01 ]; echo $?
[ -1 -lt +1 ]; echo $?
[ 2 -le 1 ]; echo $?
[ 2 -gt 1 ]; echo $?
[ 2 -ge 3 ]; echo $?
[ 2 -ne 3 ]; echo $?
test 10 -gt 9 && echo more
test a = b || echo other
[ -d / ]; echo $?
[ -d /tmp ] && echo there
[ -d /no-such-directory ] || echo none
[ ! -d /no-such-directory ] && echo none
[ -d '' ]; echo $?
[ "$?" = 0 ] && echo zero
[ "$HOME" = /root ] && echo home
"""
FLOW = r"""
true
false
:
true a b; echo $?
false --help; echo $?
true && echo yes || echo no
false && echo yes || echo no
false || true && echo on
true || echo no && echo yes
false && echo a; echo b
false || false; echo $?
exit
exit 3; echo late
false; exit
true; exit
exit 256
exit 255
exit 257
exit -1
exit +4
exit 007
exit abc
false || exit 9; echo late
nosuch-program; echo $?
nosuch-program --flag a && echo yes
nosuch-program || echo no
true; nosuch-program
'' ; echo $?
'a b'; echo $?
/nosuch/program; echo $?
sleep 0; echo $?
sleep 0s 0.0m 0h 0d; echo $?
sleep; echo $?
sleep soon; echo $?
sleep x y; echo $?
seq 3
seq 0
seq 2 4
seq 4 2
seq 1 2 6
seq 5 -2 1
seq -2 1
seq -1 -1 -3
seq; echo $?
cd /tmp; pwd
cd /tmp && cd .. && pwd
cd /tmp/../usr/./bin; pwd
cd /tmp///; pwd
cd /no-such-directory; echo $?; cd /; pwd
cd /no-such-directory && pwd; exit
cd /; cd usr; pwd; cd ./local; pwd; cd ../..; pwd
cd /tmp; echo $PWD ~
uname
uname -s
uname -n > /dev/null
# nothing
echo a # b
# a comment; echo no
	echo tab	between
echo a;echo b ; echo c;
true &&
  echo joined
false &&
  echo joined
echo after
true && # why
  echo joined

"""

REFUSED = [
    *r"""
echo *
echo a?
echo [ab]
echo {a,b}
echo {1..3}
echo ~root
echo ~+
echo x=~
echo $'a'
echo $"a"
echo $NAME
echo $1
echo $#
echo $$
echo $!
echo $@
echo ${HOME:-x}
echo ${#HOME}
echo $((1+1))
echo $(id)
echo `id`
echo "$(id)"
echo "`id`"
echo $RANDOM
echo $USER
X=1
X=1 echo a
X+=1
A[0]=1
a | b
echo > f
echo 2>&1
cat < f
sleep 9 &
(echo a)
if true; then echo; fi
for i in 1; do echo; done
while false; do :; done
{ echo a; }
! true
[[ a = a ]]
time true
f() { :; }
case a in a) ;; esac
set -e
export A=1
unset A
env
eval echo
exec echo
source f
. f
trap : 0
read x
let 1
type ls
wait
command echo
builtin echo
alias a=b
hash
ulimit -n
umask
jobs
shift
local a
return
pushd /
dirs
; echo a
echo a;; echo b
&& echo
echo a &&
echo a ||
echo 'open
echo "open
|| echo
#!/usr/bin/python
printf %e 1
printf %g 1
printf %a 1
printf %q a
printf '%(%s)T'
printf -v x a
printf %d abc
printf %d ''
printf %z 1
printf %
printf '%5s' 汉
printf %c 汉
printf '\u41'
printf %d 99999999999999999999
printf %.2f 2.675
echo -e '\u41'
echo -e '\x'
printf '\x'
printf '\c'
printf %c ''
printf "%'d" 1
printf %ld 1
[ a -a b ]
[ a -o b ]
[ -f /etc/passwd ]
[ -e / ]
[ -d /usr/share/x ]
[ 1 -eq a ]
[ a
test -t 0
[ a -nt b ]
cd -
cd //tmp
cd -P /
cd ''
cd /usr/share/zsh
cd a b
pwd -P
exit 1 2
exit 1a
sleep -1
sleep 1e3
sleep --help
seq 1 0 3
seq -w 3
seq 1.5
seq a
uname -a
uname -r
whoami x
id nobody
id -un root
id -ug
id --help
hostname -f
hostname -I
hostname a b
hostname a_b
hostname -F f
hostnamectl
hostnamectl status
hostnamectl set-hostname A.b
date
date +%N
date -d now
date -s now
cat
cat f
cat -n /etc/hostname
ls
grep a
mkdir
mkdir -m 700 /opt/a
mkdir /usr/share/a
chmod 755 f
chmod +x f
pgrep sshd
pgrep -f a
kill 1
ps
rm f
reboot -f
poweroff -f
shutdown -k now
shutdown -r 12:00
shutdown -rh now
halt
init 6
sudo reboot
systemctl
systemctl status agentwatch
systemctl stop sshd
systemctl --now disable agentwatch
service agentwatch stop
chkconfig --list
chkconfig nginx off
yum check-update
yum install -y nginx php
rpm -qa
rpm -e aliyun_assist
git clone https://github.com/aliyun/aliyun_assist_client
cmake .
make
python -V
/bin/echo a
/usr/bin/id
ping -c1 127.0.0.1
nc -z 127.0.0.1 80
ssh a
wget
wget -r http://127.0.0.1/
curl
curl -v http://127.0.0.1/
""".strip("\n").split("\n"),
    "#!/usr/bin/python3\nprint(1)",
    "#!/bin/sh -e\ntrue",
    "%s",
    "'%1' a",
    f"printf %d {'9' * 5000}",
    "é",
    "cd 'a\tb'",
    "cd é",
    "mkdir '/tmp/a b/c'",
    "mkdir -- /tmp",
]
