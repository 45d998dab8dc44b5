#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/check-series: a broken patch is caught, and named.  The first part has
# a small tree and stands for the kernel build and the lab; the second, with
# REAL_TREE=1, breaks patches to the real tree in build/linux.

. "$(dirname "$0")/tap.sh"

for tool in b4 public-inbox-init; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done

new_kernel "$T/kernel" 1
KDIR=$T/kernel
export KDIR
new_clone "$T/clone"
check=$T/clone/scripts/check-series
tree=$T/clone/build/linux
patches=$T/clone/patches

# The image of the small tree is nested.c; the lab takes it unless it says "bug".
cat >"$T/clone/scripts/kernel" <<'EOF'
#!/bin/sh
[ "$1" != --selftests ] || { echo /selftests; exit; }
for src; do :; done
out=$(dirname "$src")/o-lab
mkdir -p "$out"
cp "$src/arch/x86/kvm/vmx/nested.c" "$out/bzImage"
echo "$out/bzImage"
EOF
cat >"$T/clone/scripts/lab" <<EOF
#!/bin/sh
echo "\$*" >>$T/lab-calls
! grep -q bug "\$3" || { echo 'not ok 1 - nested guest'; exit 1; }
EOF
mkdir "$T/clone/lab" "$patches"
: >"$T/clone/lab/kernel.config"
echo 'smoke  x86/state_test  -' >"$T/clone/lab/tests"

KDIR=$T/kernel "$T/clone/scripts/base" >/dev/null
g -C "$tree" checkout -q -b nvmx
sed -i 's/^int line10;/int line10 = 1;/' "$tree/arch/x86/kvm/vmx/nested.c"
commit_in "$tree" 'KVM: nVMX: Set line10'
echo 'Words.' >"$tree/Documentation/virt/kvm/x86/nvmx.rst"
commit_in "$tree" 'Documentation: KVM: Describe it at a length that makes mail fold the line of the subject'
sed -i 's/^int line50;/int line50 = 1;/' "$tree/arch/x86/kvm/vmx/nested.c"
commit_in "$tree" 'KVM: nVMX: Set line50'
printf '%s\n' 'KVM: nVMX: Test' '' 'Patches 1-3: all.' >"$patches/cover-letter.txt"
"$T/clone/scripts/series" export >/dev/null
cp -r "$patches" "$T/good"
mend() {
	rm -r "$patches"
	cp -r "$T/good" "$patches"
}

passes 'a good series: git am, b4 from mbox and archive' "$check" --stages am,b4
says 'counts what passed' '^2 passed, 0 failed$'
passes 'again' "$check" --stages am,b4
says 'b4 was remembered' 'series: am [0-9]* s b4 ok$'

sed -i 's/^-int line50;/-int line51;/' "$patches"/0003-*
fails 'a patch that does not apply' '^0 passed, 1 failed$' "$check" --stages am
says 'is named' '^patch 3 (KVM: nVMX: Set line50): am: does not apply: arch/x86/kvm/vmx/nested.c: patch does not apply'
mend
sed -i '/^In-Reply-To:/d;/^References:/d' "$patches/nvmx.mbx"
fails 'an mbox without threading' '^1 passed, 1 failed$' "$check" --stages am,b4
says 'is told' '^series: b4: b4 shazam from the .* applied [0-9] of 3 patches (is the mbox threaded?)'
sed -i '/^Message-ID:/d' "$patches/nvmx.mbx"
fails 'an mbox without Message-IDs' '^1 passed, 1 failed$' "$check" --stages am,b4
says 'is told' '^series: b4: the mbox has no Message-ID'
mend
sed -i 's/^+int line50 = 1;/+int line50 = 2;/' "$patches/nvmx.mbx"
fails 'an mbox with another change' '^1 passed, 1 failed$' "$check" --stages am,b4
says 'is named' '^patch 3 (KVM: nVMX: Set line50): b4: .* gives another tree than git am'
mend
sed -i 's/^Do what the/Do as the/' "$patches/nvmx.mbx"
fails 'an mbox with another message' '^1 passed, 1 failed$' "$check" --stages am,b4
says 'is named' '^patch 1 (KVM: nVMX: Set line10): b4: .* gives another message than git am'
mend

passes 'the lab' "$check" --stages lab
says 'takes each patch' '^lab  *3 passed   0 failed'
[ "$(wc -l <"$T/lab-calls")" -eq 2 ]
result $? 'but no image twice'
passes 'the lab again' "$check" --stages lab
[ "$(wc -l <"$T/lab-calls")" -eq 2 ]
result $? 'remembers what it took'
passes 'a part of the series' "$check" --stages lab --no-cache --from 3 --to 3
says 'is one patch' '^lab  *1 passed'
passes 'without the lab' "$check" --stages lab --no-lab
says 'is git am alone' '^1 passed, 0 failed$'

g -C "$tree" checkout -q nvmx
sed -i 's/^int line30;/int bug;/' "$tree/arch/x86/kvm/vmx/nested.c"
g -C "$tree" commit -q -a --fixup=nvmx~1
GIT_SEQUENCE_EDITOR=: g -C "$tree" rebase -q -i --autosquash base
"$T/clone/scripts/series" export >/dev/null
fails 'a middle patch with which the lab fails' '^2 passed, 2 failed$' "$check" --stages lab
says 'is named' '^patch 2 (Documentation: KVM: Describe it .*): lab: smoke test failed: not ok 1 - nested guest'
says 'and the next one is put down to it' '^patch 3 (.*): lab: still as after patch 2'
fails 'a failure is not remembered' '^2 passed, 2 failed$' "$check" --stages lab

timeout 60 "$check" --stages am,frob >"$T/out" 2>&1
[ $? -eq 2 ]
result $? 'an unknown stage'
fails 'a patch beyond the last' 'there are patches 1 to 3' "$check" --from 4
echo 'checkpatch | - | no reason' >>"$T/clone/checks/exceptions"
fails 'an exception without a reason' 'want "stage | file | message | reason"' "$check" --stages am

# shellcheck disable=SC2016 # expanded by the command
timeout 60 "$T/clone/scripts/archive" sh -c 'echo "$NVMX_ARCHIVE_URL"; exit 7' >"$T/out" 2>&1
[ $? -eq 7 ] && grep -q '^http://127.0.0.1:[0-9]*/nvmx/$' "$T/out"
result $? "the archive's status is that of its command"
url=$(cat "$T/out")
! python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "$url" 2>/dev/null
result $? 'and it is gone when that ends'

# --- the real tree

# Takes many minutes, thus only when asked for: REAL_TREE=1 prove tests/check-series.t
linux=$TOP/build/linux
if [ -z "${REAL_TREE-}" ] || [ ! -e "$linux/.git" ] || ! command -v sparse >/dev/null; then
	plan
	exit
fi
unset KDIR
export NVMX_CACHE=$T/cache
mkdir "$T/real"
g clone -q --shared --no-checkout --branch base "$linux" "$T/linux" 2>/dev/null
g -C "$T/linux" read-tree HEAD
file=$T/linux/arch/x86/kvm/vmx/vmcs12.c
# step SUBJECT: vmcs12.c of base with the code on stdin at its end.
step() {
	g -C "$linux" show base:arch/x86/kvm/vmx/vmcs12.c >"$T/vmcs12.c"
	mkdir -p "${file%/*}"
	{ cat "$T/vmcs12.c" && echo && cat; } >"$file"
	g -C "$T/linux" add "$file"
	g -C "$T/linux" commit -q -m "$1" -m 'Do what the subject says.'
}
step 'KVM: nVMX: Add a comment' <<'EOF'
/* A comment. */
EOF
step 'KVM: nVMX: Break the build' <<'EOF'
static void __used nested_vmx_test(void)
{
	nested_vmx_undeclared();
}
EOF
step 'KVM: nVMX: Add a symbol for all to see' <<'EOF'
int nested_vmx_test;
EOF
step 'KVM: nVMX: Use a symbol that is not exported' <<'EOF'
void nested_vmx_missing(void);

static void __used nested_vmx_test(void)
{
	nested_vmx_missing();
}
EOF
step 'KVM: nVMX: Do without' <<'EOF'
/* Another comment. */
EOF
g -C "$T/linux" format-patch -q --zero-commit -o "$T/real" "HEAD~5"

# Cold, base is built first; and another run may be at work.
timeout 900 "$TOP/scripts/check-series" --patches "$T/real" --stages checkpatch,build,sparse >"$T/out" 2>&1
[ $? -eq 1 ]
result $? 'a series with broken patches in the middle'
says 'a compile error is put down to its patch' \
	'^patch 2 (KVM: nVMX: Break the build): build: .*vmcs12.c.*nested_vmx_undeclared'
says 'so is a finding of sparse' \
	"^patch 3 (KVM: nVMX: Add a symbol for all to see): sparse: .*vmcs12.c: .*'nested_vmx_test' was not declared"
says 'so is a symbol without export' \
	'^patch 4 (KVM: nVMX: Use a symbol that is not exported): build: .*"nested_vmx_missing" .* undefined'
says 'so is bad style' '^patch 4 (.*): checkpatch: .*AVOID_EXTERNS'
[ "$(grep -c '^patch ' "$T/out")" -eq 4 ]
result $? 'the others pass'
timeout 900 "$TOP/scripts/check-series" --patches "$T/real" --stages sparse --from 3 --to 3 >"$T/out" 2>&1
[ $? -eq 1 ]
result $? 'sparse still complains when nothing is compiled'

plan
