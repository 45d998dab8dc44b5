#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/series: apply, export and verify on a small tree.

. "$(dirname "$0")/tap.sh"

new_kernel "$T/kernel" 1
KDIR=$T/kernel
export KDIR
new_clone "$T/one"
one=$T/one/scripts/series
tree=$T/one/build/linux
patches=$T/one/patches

# same DIR DIR: what export writes is equal.
same() {
	for dir in patches arch tools Documentation; do
		[ ! -e "$1/$dir" ] && [ ! -e "$2/$dir" ] || diff -r "$1/$dir" "$2/$dir" || return 1
	done
}

# sums: all that export writes in clone one, with checksums.
sums() {
	(cd "$T/one" && find patches arch tools -type f -exec sha256sum {} + | sort)
}

fails 'apply without patches' 'no patches in' "$one" apply
fails 'export without a branch' 'no branch nvmx' "$one" export
fails 'verify without patches' 'no patches in' "$one" verify
timeout 60 "$one" frobnicate >"$T/out" 2>&1
[ $? -eq 2 ]
result $? 'usage'

# --- a series: an edit, a new file with an executable, an edit of what is new

g -C "$tree" checkout -q -b nvmx
sed -i 's/^int line10;/int line10 = 1;/' "$tree/arch/x86/kvm/vmx/nested.c"
commit_in "$tree" 'KVM: nVMX: Set line10'
mkdir -p "$tree/tools/testing/selftests/kvm"
printf '#!/bin/sh\necho test\n' >"$tree/tools/testing/selftests/kvm/run.sh"
chmod +x "$tree/tools/testing/selftests/kvm/run.sh"
echo 'int table;' >"$tree/arch/x86/kvm/vmx/table.h"
g -C "$tree" add -A
g -C "$tree" commit -q --author='Jürgen Groß <jg@localhost>' -m 'KVM: nVMX: Add a table' \
	-m 'Say it with an em dash — and 日本.' -m 'From the table everything follows.'
sed -i 's/^int line50;/int line50 = 1;/' "$tree/arch/x86/kvm/vmx/nested.c"
echo 'int more;' >>"$tree/arch/x86/kvm/vmx/table.h"
commit_in "$tree" 'KVM: nVMX: Use the table, and say so in a subject that is so long that mail folds it'

fails 'no cover letter' 'cover-letter.txt is missing' "$one" export
mkdir -p "$patches"
printf '%s\n' '# SPDX-License-Identifier: GPL-2.0' 'KVM: nVMX: Test' '' 'Text — text.' >"$patches/cover-letter.txt"
fails 'a cover letter that is not ASCII' 'is not ASCII: Text' "$one" export
[ "$(ls "$patches")" = cover-letter.txt ]
result $? 'a failed export writes nothing'
cat >"$patches/cover-letter.txt" <<'EOF'
# SPDX-License-Identifier: GPL-2.0
# Comments at the top are not sent.
KVM: nVMX: Test

The text & its \1 signs.

Patch 1: an edit.
Patches 2-3: a table.
EOF
passes 'export' "$one" export
# shellcheck disable=SC2012 # names without surprises
[ "$(ls "$patches" | tr '\n' ' ')" = '0000-cover-letter.patch 0001-KVM-nVMX-Set-line10.patch 0002-KVM-nVMX-Add-a-table.patch 0003-KVM-nVMX-Use-the-table-and-say-so-in-a-subject-that-.patch cover-letter.txt nvmx.mbx ' ]
result $? 'it writes the patches, the cover letter and the mbox'
grep -q '^Subject: \[PATCH 0/3\] KVM: nVMX: Test$' "$patches/0000-cover-letter.patch" &&
	grep -qxF 'The text & its \1 signs.' "$patches/0000-cover-letter.patch" &&
	grep -q 'files changed' "$patches/0000-cover-letter.patch" &&
	! grep -q -e 'HERE' -e SPDX "$patches/0000-cover-letter.patch"
result $? 'the cover letter has the text, and the diffstat'
[ -x "$T/one/tools/testing/selftests/kvm/run.sh" ] &&
	cmp "$tree/arch/x86/kvm/vmx/table.h" "$T/one/arch/x86/kvm/vmx/table.h" &&
	[ ! -e "$T/one/arch/x86/kvm/vmx/nested.c" ]
result $? 'it makes reading copies of new files, and of them only'
sums >"$T/sums"
passes 'export again' "$one" export
! grep -q wrote "$T/out" && sums | cmp -s - "$T/sums"
result $? 'changes nothing'
passes 'verify' "$one" verify
passes 'apply after export' "$one" apply
passes 'export after apply' "$one" export
! grep -q wrote "$T/out"
result $? 'is the identity'

# --- elsewhere: another clone, other settings, the user's tools

new_clone "$T/two"
cp -r "$patches" "$T/two"
mkdir "$T/home"
cat >"$T/home/.gitconfig" <<'EOF'
[format]
	signature = me
	numbered = false
	pretty = email
[diff]
	noprefix = true
	algorithm = histogram
	context = 7
[core]
	abbrev = 5
	autocrlf = true
[user]
	name = Somebody Else
EOF
passes 'apply in a fresh clone' env -u GIT_CONFIG_GLOBAL HOME="$T/home" TZ=Asia/Tokyo "$T/two/scripts/series" apply
[ "$(g -C "$T/two/build/linux" rev-parse nvmx)" = "$(g -C "$tree" rev-parse nvmx)" ]
result $? 'gives the same commits'
passes 'export there' env -u GIT_CONFIG_GLOBAL HOME="$T/home" TZ=Asia/Tokyo LANG=de_DE "$T/two/scripts/series" export
same "$T/one" "$T/two" >"$T/out" 2>&1
result $? 'is equal, byte for byte'

g clone -q "$T/kernel" "$T/user"
passes 'git am --empty=drop patches/*.patch' git -C "$T/user" -c user.name=u -c user.email=u@localhost \
	am --empty=drop "$patches"/0000-cover-letter.patch "$patches"/000[1-9]*.patch
[ "$(g -C "$T/user" rev-parse 'HEAD^{tree}')" = "$(g -C "$tree" rev-parse 'nvmx^{tree}')" ]
result $? 'gives the same tree'
g -C "$T/user" reset -q --hard origin/master
passes 'git am of the mbox' git -C "$T/user" -c user.name=u -c user.email=u@localhost \
	am --empty=drop "$patches/nvmx.mbx"
log() {
	g -C "$1" log --reverse --format='%an,%ae,%ad%n%B' "$2"
}
log "$tree" base..nvmx >"$T/log"
log "$T/user" origin/master..master | cmp -s - "$T/log"
result $? 'gives the same messages, authors and dates'

# --- another base: lines moved, other blobs

new_kernel "$T/kernel2" 2
sed -i '1i int more0;\nint more1;' "$T/kernel2/arch/x86/kvm/vmx/nested.c"
commit_in "$T/kernel2" v7.2.2
new_clone "$T/three"
cp -r "$patches" "$T/three"
three=$T/three/scripts/series
KDIR=$T/kernel2
passes 'apply on another v7.2.y' "$three" apply
passes 'export there' "$three" export
same "$T/one" "$T/three" >"$T/out" 2>&1
result $? 'is equal, byte for byte'
passes 'verify there' "$three" verify
cp -r "$T/three/patches" "$T/saved"
passes 'export --refresh there' "$three" export --refresh
! cmp -s "$T/saved/0001"* "$T/three/patches/0001"*
result $? 'names the blobs of that base'
rm -rf "$T/three/patches" && cp -r "$T/saved" "$T/three/patches"
sed -i 's/test/chart/' "$T/three/build/linux/tools/testing/selftests/kvm/run.sh"
g -C "$T/three/build/linux" commit -q -a --fixup=nvmx~1
fails 'a fixup that is not folded' 'fold first .*: fixup! KVM: nVMX: Add a table' "$three" export
GIT_SEQUENCE_EDITOR=: g -C "$T/three/build/linux" rebase -q -i --autosquash base
passes 'export after a change there' "$three" export
cmp -s "$T/saved/0001"* "$T/three/patches/0001"* &&
	! cmp -s "$T/saved/0002"* "$T/three/patches/0002"* &&
	grep -q '^+echo chart' "$T/three/patches/0002"*
result $? 'keeps what is before the change'
passes 'verify after it' "$three" verify
KDIR=$T/kernel

# --- the loop: edit in the middle, fold, export

echo 'int third;' >"$tree/arch/x86/kvm/vmx/third.h"
fails 'export of a dirty tree' 'dirty tree: .*third.h' "$one" export
fails 'apply on a dirty tree' 'dirty tree' "$one" apply
g -C "$tree" add -A
g -C "$tree" commit -q --fixup=nvmx~2
fails 'apply over commits that were not exported' 'not exported' "$one" apply
GIT_SEQUENCE_EDITOR=: g -C "$tree" rebase -q -i --autosquash base
passes 'export after folding into patch 1' "$one" export
says 'adds the reading copy' 'wrote arch/x86/kvm/vmx/third.h'
passes 'verify' "$one" verify
GIT_SEQUENCE_EDITOR='sed -i 1d' g -C "$tree" rebase -q -i base
passes 'export without patch 1' "$one" export
says 'warns of the synopsis' 'synopsis ends at patch 3 of 2'
says 'removes the stale patch' 'removed patches/0003'
says 'and the stale copy' 'removed arch/x86/kvm/vmx/third.h'
fails 'verify' 'difference' "$one" verify
says 'minds the synopsis, too' 'synopsis ends at patch 3 of 2'
rm -r "$patches" && cp -r "$T/two/patches" "$patches"
passes 'apply over what was exported' "$one" apply
passes 'export' "$one" export
passes 'verify' "$one" verify

g -C "$tree" commit -q --allow-empty -m 'Lost?'
fails 'an empty commit' 'empty commit: .* Lost?' "$one" export
passes 'apply --force' "$one" apply --force
[ "$(g -C "$tree" log -1 --format=%s nvmx-old)" = 'Lost?' ]
result $? 'keeps the old tip'
echo >>"$tree/arch/x86/kvm/vmx/table.h"
g -C "$tree" commit -q -a -m 'Subject' -m 'before
---
after'
fails 'a message that ends early' "message has a line that ends it .* Subject" "$one" export
g -C "$tree" reset -q --hard HEAD^
g -C "$tree" checkout -q -b side base
echo side >"$tree/side"
commit_in "$tree" side
g -C "$tree" checkout -q nvmx
g -C "$tree" merge -q --no-edit side
fails 'a merge' 'has a merge' "$one" export
g -C "$tree" reset -q --hard HEAD^
GIT_SEQUENCE_EDITOR='sed -i s/^pick/edit/' g -C "$tree" rebase -q -i base >/dev/null 2>&1
fails 'export in the middle of a rebase' 'rebase or am is in progress' "$one" export
g -C "$tree" rebase --abort

# --- broken patches are named, and leave nothing behind

before=$(g -C "$tree" rev-parse nvmx)
sed -i 's/^-int line50;/-int line51;/' "$patches"/0003-*
fails 'a patch that does not apply' '0003-KVM.* does not apply to v7.2.1: error:' "$one" apply
[ "$(g -C "$tree" rev-parse nvmx)" = "$before" ] &&
	[ -z "$(g -C "$tree" status --porcelain)" ] &&
	[ ! -e "$tree/.git/rebase-apply" ] &&
	[ "$(g -C "$tree" worktree list | wc -l)" -eq 1 ]
result $? 'the branch stays, and no am is in progress'
fails 'verify names it, too' '0003-KVM.* does not apply' "$one" verify
passes 'export mends it' "$one" export
passes 'verify' "$one" verify

# --- verify sees what was edited by hand

# spoils NAME PATTERN COMMAND...: after COMMAND, verify has a line with PATTERN;
# export mends it.
spoils() {
	spoil_name=$1 spoil_pattern=$2
	shift 2
	(cd "$T/one" && "$@")
	fails "$spoil_name" 'difference' "$one" verify
	says '... is named' "$spoil_pattern"
	passes '... and mended by export' "$one" export
}
spoils 'a reading copy edited by hand' 'reading copy arch/x86/kvm/vmx/table.h differs' \
	sed -i s/more/less/ arch/x86/kvm/vmx/table.h
spoils 'a reading copy missing' 'reading copy arch/x86/kvm/vmx/table.h is missing' \
	rm arch/x86/kvm/vmx/table.h
spoils 'a file that is not of the series' 'arch/x86/kvm/vmx/other.h is no file that the series adds' \
	cp arch/x86/kvm/vmx/table.h arch/x86/kvm/vmx/other.h
spoils 'a reading copy not executable' 'run.sh is not executable' \
	chmod -x tools/testing/selftests/kvm/run.sh
spoils 'an mbox without threading' 'nvmx.mbx: mail 2 (.PATCH 1/3. .*) is not a reply to the cover' \
	sed -i '/^In-Reply-To:/d;/^References:/d' patches/nvmx.mbx
spoils 'an mbox without Message-IDs' 'nvmx.mbx: mail 1 .* has no Message-ID' \
	sed -i '/^Message-ID:/d' patches/nvmx.mbx
spoils 'an mbox with equal Message-IDs' 'nvmx.mbx: mail 3 .* has the Message-ID of another' \
	sed -i 's/^Message-ID: <nvmx-2/Message-ID: <nvmx-1/' patches/nvmx.mbx
spoils 'an mbox with another patch' 'patches/nvmx.mbx is not what export writes' \
	sed -i 's/^+int table/+int stool/' patches/nvmx.mbx
spoils 'no mbox' 'patches/nvmx.mbx is missing' rm patches/nvmx.mbx
spoils 'a patch with another date' '0002-.* is not what export writes, from line 3' \
	sed -i 's/^Date: .*/Date: Fri, 2 Oct 2026 00:00:02 +0000/' patches/0002-KVM-nVMX-Add-a-table.patch
spoils 'a cover letter not exported' '0000-cover-letter.patch is not what export writes' \
	sed -i 's/^The text/A text/' patches/cover-letter.txt

# A patch edited by hand still applies: it is the truth, once apply has read it.
sed -i 's/^+int more;/+int much;/' "$patches"/0003-*
fails 'a patch edited by hand' 'difference' "$one" verify
passes 'apply takes it' "$one" apply
passes 'export follows' "$one" export
passes 'verify' "$one" verify
grep -q much "$T/one/arch/x86/kvm/vmx/table.h"
result $? 'and the reading copy has it'

# --- files rewritten whole

echo 'arch/x86/kvm/vmx/nested.c # rewritten' >"$patches/rewritten.txt"
passes 'export of a file rewritten whole' "$one" export
cmp -s "$tree/arch/x86/kvm/vmx/nested.c" "$T/one/arch/x86/kvm/vmx/nested.c"
result $? 'has a reading copy'
echo 'arch/x86/kvm/vmx/vmcs12.c' >"$patches/rewritten.txt"
fails 'one that the series leaves alone' 'rewritten.txt: the series does not change .*vmcs12.c' "$one" export
rm "$patches/rewritten.txt"
passes 'export' "$one" export

# --- an export that is interrupted

cat >"$T/git" <<EOF
#!/bin/sh
case "\$*" in *' archive '*) touch $T/hanging; sleep 60 ;; esac
exec $(command -v git) "\$@"
EOF
chmod +x "$T/git"
sed -i 's/^int table/int desk/' "$tree/arch/x86/kvm/vmx/table.h"
commit_in "$tree" 'KVM: nVMX: Rename the table'
sums >"$T/sums"
env PATH="$T:$PATH" setsid "$one" export >"$T/out" 2>&1 &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$T/hanging" ] || sleep 0.5
done
kill -TERM "-$pid"
wait "$pid"
[ -e "$T/hanging" ] && sums | cmp -s - "$T/sums" && [ ! -e "$T/one/build/series.tmp" ]
result $? 'an interrupted export writes nothing'
passes 'the next one does' "$one" export

plan
