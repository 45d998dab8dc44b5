# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the variables are for the sourcing script
# TAP for the project's shell tests, and a small kernel tree to try tools on.
# Sourced, not run: `prove tests` runs the tests.
#
# Out: TOP, T (a scratch folder, removed at the end), and the functions below.

set -u
TOP=$(cd "$(dirname "$0")/.." && pwd -P)
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP
LC_ALL=C.UTF-8
GIT_CONFIG_GLOBAL=/dev/null
GIT_CONFIG_NOSYSTEM=1
export LC_ALL GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE KDIR
tests=0

# result STATUS NAME: print one line; on failure what the command had to say.
result() {
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		sed 's/^/# /' "$T/out"
	fi
}

# passes NAME COMMAND...: exit 0 within a minute.
passes() {
	name=$1
	shift
	timeout 60 "$@" >"$T/out" 2>&1
	result $? "$name"
}

# fails NAME PATTERN COMMAND...: exit 1 within a minute, and the last line (that
# with the reason) matches PATTERN.
fails() {
	name=$1 pattern=$2
	shift 2
	timeout 60 "$@" >"$T/out" 2>&1
	status=$?
	[ $status -eq 1 ] && tail -1 "$T/out" | grep -q -e "$pattern"
	bad=$?
	[ $bad -eq 0 ] || echo "(exit $status, wanted 1 and: $pattern)" >>"$T/out"
	result $bad "$name"
}

# says NAME PATTERN: what the last command printed has a line with PATTERN.
says() {
	grep -q -e "$2" "$T/out"
	bad=$?
	[ $bad -eq 0 ] || echo "(wanted: $2)" >>"$T/out"
	result $bad "$1"
}

plan() {
	echo "1..$tests"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

g() {
	git -c user.name=Tester -c user.email=tester@localhost -c gc.auto=0 "$@"
}

# new_kernel DIR [SUBLEVEL]: a git tree that looks like v7.2.SUBLEVEL from afar.
new_kernel() {
	mkdir -p "$1/arch/x86/kvm/vmx" "$1/Documentation/virt/kvm/x86" "$1/tools"
	printf '%s\n' 'VERSION = 7' 'PATCHLEVEL = 2' "SUBLEVEL = ${2:-1}" 'EXTRAVERSION =' \
		'NAME = Test' >"$1/Makefile"
	printf '*.c diff=cpp\n*.h diff=cpp\n' >"$1/.gitattributes"
	printf '*.o\n' >"$1/.gitignore"
	seq 1 60 | sed 's/.*/int line&;/' >"$1/arch/x86/kvm/vmx/nested.c"
	seq 1 40 | sed 's/.*/int field&;/' >"$1/arch/x86/kvm/vmx/vmcs12.c"
	echo tools >"$1/tools/README"
	echo index >"$1/Documentation/virt/kvm/x86/index.rst"
	g -C "$1" init -q -b master
	g -C "$1" add -A
	g -C "$1" commit -q -m "v7.2.${2:-1}"
}

# new_clone DIR: the project's tools as a fresh clone has them.
new_clone() {
	mkdir -p "$1"
	cp -r "$TOP/scripts" "$TOP/checks" "$1"
	NVMX_CACHE=$1.cache
	export NVMX_CACHE
}

# commit_in TREE SUBJECT: commit all there is, with a body.
commit_in() {
	g -C "$1" add -A -f
	g -C "$1" commit -q -m "$2" -m "Do what the subject says."
}
