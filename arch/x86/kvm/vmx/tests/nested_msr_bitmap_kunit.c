// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the MSR bitmap that L2 runs with.
 *
 * What is expected is written down here a second time: the layout of the bitmap
 * and what x2APIC virtualization covers from the architecture, the MSRs that KVM
 * keeps from L2 by their numbers.  Never derive it from the code under test.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../nested_msr_bitmap.h"

#define NR_BITS		(8 * PAGE_SIZE)

/* In the number of a bit: whether it's for a high MSR, and for a write. */
#define BIT_IS_HIGH	(8 * 0x400)
#define BIT_IS_WRITE	(8 * 0x800)

#define VIRT_X2APIC	SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE
#define VIRT_REGISTERS	SECONDARY_EXEC_APIC_REGISTER_VIRT
#define VIRT_INTERRUPTS	SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY

struct msr_bitmap_test {
	/* Under test.  Separate allocations, for KASAN to notice overruns. */
	struct nested_msr_bitmap *mb;
	unsigned long *l2;

	/* L0's and L1's bitmap, and the page that the latter is read from. */
	unsigned long l0[MSR_BITMAP_LONGS];
	unsigned long l1[MSR_BITMAP_LONGS];
	unsigned long __user *l1_user;

	/* Intercepted whatever L0 and L1 say, unless virtualized. */
	unsigned long kept[MSR_BITMAP_LONGS];

	/* Not intercepted whatever L0 says, due to vmcs12's controls. */
	unsigned long virtualized[MSR_BITMAP_LONGS];
};

static unsigned int msr_bit(u32 msr, bool write)
{
	return (write ? BIT_IS_WRITE : 0) + (msr >= 0xc0000000 ? BIT_IS_HIGH : 0) + (msr & 0x1fff);
}

static u32 bit_msr(unsigned int bit)
{
	return (bit & BIT_IS_HIGH ? 0xc0000000 : 0) + (bit & 0x1fff);
}

static const char *bit_access(unsigned int bit)
{
	return bit & BIT_IS_WRITE ? "WRMSR" : "RDMSR";
}

static const struct {
	u32 first;
	u32 last;
	bool write_only;
} kept_msrs[] = {
	{ 0x174, 0x176, true },		/* SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP */
	{ 0x1c8, 0x1c9 },		/* LBR_SELECT, LBR_TOS */
	{ 0x040, 0x047 },		/* Sources of the LBRs of Core */
	{ 0x060, 0x067 },		/* Destinations of the LBRs of Core */
	{ 0x680, 0x69f },		/* Sources of the LBRs since Nehalem */
	{ 0x6c0, 0x6df },		/* Destinations of the LBRs since Nehalem */
	{ 0xdc0, 0xddf },		/* LBR_INFO */
	{ 0x1500, 0x151f },		/* Sources of architectural LBRs */
	{ 0x1600, 0x161f },		/* Destinations of architectural LBRs */
	{ 0x1200, 0x121f },		/* Infos of architectural LBRs */
	{ 0x560, 0x561 },		/* RTIT_OUTPUT_BASE, RTIT_OUTPUT_MASK */
	{ 0x570, 0x572 },		/* RTIT_CTL, RTIT_STATUS, RTIT_CR3_MATCH */
	{ 0x580, 0x587 },		/* RTIT_ADDR0_A to RTIT_ADDR3_B */
	{ 0x1c4, 0x1c5 },		/* XFD, XFD_ERR */
	{ 0x800, 0x8ff },		/* x2APIC MSRs, if not virtualized */
};

/* The number of the above, where x2APIC MSRs do not count. */
#define NR_KEPT		(3 + 2 * (2 + 2 * 8 + 6 * 32) + 2 * (2 + 3 + 8) + 2 * 2)

/* Does hardware access the virtual-APIC page for x2APIC MSR @msr? */
static bool is_virtualized(u32 controls, u32 msr, bool write)
{
	if (!(controls & VIRT_X2APIC))
		return false;

	/* TPR */
	if (msr == 0x808)
		return true;

	/* EOI and self-IPI */
	if (write)
		return (controls & VIRT_INTERRUPTS) && (msr == 0x80b || msr == 0x83f);

	return controls & VIRT_REGISTERS;
}

static const struct x2apic_param {
	const char *name;
	u32 controls;

	/* How many of the MSRs are virtualized, counting reads and writes. */
	unsigned int nr_virtualized;
} x2apic_params[] = {
	{ "none", 0, 0 },
	{ "registers", VIRT_REGISTERS, 0 },
	{ "interrupts", VIRT_INTERRUPTS, 0 },
	{ "registers and interrupts", VIRT_REGISTERS | VIRT_INTERRUPTS, 0 },
	{ "x2APIC", VIRT_X2APIC, 2 },
	{ "x2APIC and registers", VIRT_X2APIC | VIRT_REGISTERS, 256 + 1 },
	{ "x2APIC and interrupts", VIRT_X2APIC | VIRT_INTERRUPTS, 2 + 2 },
	{ "all", VIRT_X2APIC | VIRT_REGISTERS | VIRT_INTERRUPTS, 256 + 3 },
};

KUNIT_ARRAY_PARAM_DESC(x2apic, x2apic_params, name);

static void set_l0(struct msr_bitmap_test *t)
{
	nested_msr_bitmap_set_l0(t->mb, t->l2, t->l0);
}

static void set_x2apic(struct msr_bitmap_test *t, u32 controls)
{
	u32 msr;

	for (msr = 0x800; msr <= 0x8ff; msr++) {
		__assign_bit(msr_bit(msr, false), t->virtualized,
			     is_virtualized(controls, msr, false));
		__assign_bit(msr_bit(msr, true), t->virtualized,
			     is_virtualized(controls, msr, true));
	}
	nested_msr_bitmap_set_x2apic(t->mb, t->l2, controls);
}

static void merge(struct kunit *test)
{
	struct msr_bitmap_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, copy_to_user(t->l1_user, t->l1, PAGE_SIZE), 0);
	KUNIT_ASSERT_TRUE(test, nested_msr_bitmap_merge(t->mb, t->l2, t->l1_user));
}

/*
 * The model: what L2's bitmap has to be for an L1 that intercepts nothing.  Each
 * bit only depends on the same bit of the operands, and an L1 that intercepts the
 * MSR is all that may change it.
 */
static unsigned long model_l0(const struct msr_bitmap_test *t, unsigned int i)
{
	return (t->l0[i] | t->kept[i]) & ~t->virtualized[i];
}

/* Merge, and compare all of the result with the model.  The format tells what is tested. */
static __printf(2, 3) void check_merge(struct kunit *test, const char *fmt, ...)
{
	unsigned int wrong = NR_BITS, nr_open = 0, i;
	struct msr_bitmap_test *t = test->priv;
	struct va_format vaf = { .fmt = fmt };
	unsigned long diff;
	va_list args;

	merge(test);

	for (i = 0; i < MSR_BITMAP_LONGS; i++) {
		diff = t->l2[i] ^ (model_l0(t, i) | t->l1[i]);
		if (diff && wrong == NR_BITS)
			wrong = i * BITS_PER_LONG + __ffs(diff);
		nr_open += model_l0(t, i) != ~0ul;
	}

	va_start(args, fmt);
	vaf.va = &args;
	KUNIT_EXPECT_EQ_MSG(test, wrong, NR_BITS, "%pV: first for %s of MSR %#x", &vaf,
			    bit_access(wrong), bit_msr(wrong));

	/* A long in which L0 intercepts everything is one that costs nothing. */
	KUNIT_EXPECT_EQ_MSG(test, t->mb->nr_open, nr_open, "%pV", &vaf);
	va_end(args);
}

static unsigned int nr_passed_through(const struct msr_bitmap_test *t)
{
	return NR_BITS - bitmap_weight(t->l2, NR_BITS);
}

/* All zeros and ones, and checkerboards of several sizes in both phases. */
static const u8 patterns[] = { 0x00, 0xff, 0x55, 0xaa, 0x33, 0xcc, 0x0f, 0xf0 };

/* Clear one bit in 2^@n of them, at random, or for a negative @n set one in 2^-@n. */
static void fill_random(struct rnd_state *rnd, unsigned long *bitmap, int n)
{
	u32 *words = (u32 *)bitmap;
	unsigned int i;
	int j;

	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
		words[i] = prandom_u32_state(rnd);
		for (j = 1; j < abs(n); j++)
			words[i] |= prandom_u32_state(rnd);
		if (n < 0)
			words[i] = ~words[i];
	}
}

/* Pass through what KVM does for any 64-bit guest. */
static void fill_typical_l0(unsigned long *l0)
{
	u32 i;

	memset(l0, 0xff, PAGE_SIZE);

	/* TSC */
	__clear_bit(msr_bit(0x10, false), l0);

	for (i = 0; i < 3; i++) {
		/* SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP */
		__clear_bit(msr_bit(0x174 + i, false), l0);
		__clear_bit(msr_bit(0x174 + i, true), l0);

		/* FS_BASE, GS_BASE, KERNEL_GS_BASE */
		__clear_bit(msr_bit(0xc0000100 + i, false), l0);
		__clear_bit(msr_bit(0xc0000100 + i, true), l0);
	}
}

/*
 * One MSR alone that both L0 and L1 pass through, at the ends of the four parts of
 * the bitmap and next to MSRs that are treated differently.
 */
static void single_msr_test(struct kunit *test)
{
	static const struct {
		u32 msr;
		bool write;
		u16 byte;
		u8 bit;
	} msrs[] = {
		{ 0x0000, false, 0x000, 0 },     { 0x1fff, false, 0x3ff, 7 },
		{ 0xc0000000, false, 0x400, 0 }, { 0xc0001fff, false, 0x7ff, 7 },
		{ 0x0000, true, 0x800, 0 },      { 0x1fff, true, 0xbff, 7 },
		{ 0xc0000000, true, 0xc00, 0 },  { 0xc0001fff, true, 0xfff, 7 },
		{ 0x0010, false, 0x002, 0 },     { 0xc0000101, true, 0xc20, 1 },
		{ 0x0048, false, 0x009, 0 },     { 0x0048, true, 0x809, 0 },
		{ 0x0174, false, 0x02e, 4 },     { 0x0176, false, 0x02e, 6 },
		{ 0x0173, true, 0x82e, 3 },      { 0x0177, true, 0x82e, 7 },
		{ 0x07ff, false, 0x0ff, 7 },     { 0x0900, false, 0x120, 0 },
		{ 0x07ff, true, 0x8ff, 7 },      { 0x0900, true, 0x920, 0 },
		{ 0xc0000808, false, 0x501, 0 }, { 0xc0000808, true, 0xd01, 0 },
	};
	struct msr_bitmap_test *t = test->priv;
	u8 *l0 = (u8 *)t->l0, *l1 = (u8 *)t->l1;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		memset(l0, 0xff, PAGE_SIZE);
		memset(l1, 0, PAGE_SIZE);
		l0[msrs[i].byte] &= ~BIT(msrs[i].bit);
		set_l0(t);
		merge(test);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(t->l2, l0, PAGE_SIZE), 0, "MSR %#x, %s",
				    msrs[i].msr, msrs[i].write ? "write" : "read");

		l1[msrs[i].byte] |= BIT(msrs[i].bit);
		merge(test);
		KUNIT_EXPECT_TRUE_MSG(test, bitmap_full(t->l2, NR_BITS), "MSR %#x, %s",
				      msrs[i].msr, msrs[i].write ? "write" : "read");

		/* The other tests trust in this. */
		KUNIT_EXPECT_EQ(test, msr_bit(msrs[i].msr, msrs[i].write),
				8 * msrs[i].byte + msrs[i].bit);
	}
}

/*
 * Every MSR once as the only one of its long that L0, and then that L1, passes
 * through.  The position differs between neighbouring longs, so that it matters
 * which long is taken.
 */
static void every_msr_test(struct kunit *test)
{
	unsigned int nr_by_l0 = 0, nr_by_l1 = 0, round, i;
	struct msr_bitmap_test *t = test->priv;

	for (round = 0; round < BITS_PER_LONG; round++) {
		for (i = 0; i < MSR_BITMAP_LONGS; i++)
			t->l0[i] = ~BIT((round + i) % BITS_PER_LONG);
		memset(t->l1, 0, sizeof(t->l1));
		set_l0(t);
		check_merge(test, "one MSR per long by L0, round %u", round);
		nr_by_l0 += nr_passed_through(t);

		memcpy(t->l1, t->l0, sizeof(t->l1));
		memset(t->l0, 0, sizeof(t->l0));
		set_l0(t);
		check_merge(test, "one MSR per long by L1, round %u", round);
		nr_by_l1 += nr_passed_through(t);
	}

	/* Counted by hand, in case an MSR is missing in the model. */
	KUNIT_EXPECT_EQ(test, nr_by_l0, NR_BITS - NR_KEPT - 2 * 256);
	KUNIT_EXPECT_EQ(test, nr_by_l1, NR_BITS - NR_KEPT - 2 * 256);
}

static void pattern_test(struct kunit *test)
{
	struct msr_bitmap_test *t = test->priv;
	const struct x2apic_param *param;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		memset(t->l0, patterns[i], sizeof(t->l0));
		set_l0(t);

		for (j = 0; j < ARRAY_SIZE(patterns); j++) {
			param = &x2apic_params[(i + j) % ARRAY_SIZE(x2apic_params)];
			memset(t->l1, patterns[j], sizeof(t->l1));
			set_x2apic(t, param->controls);
			check_merge(test, "L0 %#04x, L1 %#04x, virtualized: %s", patterns[i],
				    patterns[j], param->name);
		}
	}
}

static void random_test(struct kunit *test)
{
	/* Of L0 and L1, see fill_random().  L0 passes few MSRs through in reality. */
	static const struct {
		int l0;
		int l1;
	} densities[] = {
		{ 8, 8 }, { 8, -4 }, { 6, 2 }, { 6, -6 }, { 4, 1 }, { 1, 1 }, { -2, 3 }, { -6, 6 },
	};
	const u64 seed = 0x6e65737465642121ull;
	struct msr_bitmap_test *t = test->priv;
	struct rnd_state rnd;
	unsigned int i, j;

	prandom_seed_state(&rnd, seed);

	for (i = 0; i < ARRAY_SIZE(densities); i++) {
		fill_random(&rnd, t->l0, densities[i].l0);
		fill_random(&rnd, t->l1, densities[i].l1);
		set_l0(t);

		for (j = 0; j < ARRAY_SIZE(x2apic_params); j++) {
			set_x2apic(t, x2apic_params[j].controls);
			check_merge(test, "seed %#llx, round %u (L0 %d, L1 %d), virtualized: %s",
				    seed, i, densities[i].l0, densities[i].l1,
				    x2apic_params[j].name);
		}
	}
}

/* Neither L1's bitmap nor vmcs12's controls give L2 an MSR that L1 hasn't. */
static void l0_has_last_word_test(struct kunit *test)
{
	struct msr_bitmap_test *t = test->priv;
	struct rnd_state rnd;
	unsigned int i, bit;
	u32 msr;

	prandom_seed_state(&rnd, 1);
	fill_random(&rnd, t->l0, 2);
	set_l0(t);

	for (i = 0; i < ARRAY_SIZE(x2apic_params); i += ARRAY_SIZE(x2apic_params) - 1) {
		set_x2apic(t, x2apic_params[i].controls);
		merge(test);

		for (bit = 0; bit < NR_BITS; bit++) {
			msr = bit_msr(bit);
			if (msr >= 0x800 && msr <= 0x8ff)
				continue;
			KUNIT_ASSERT_FALSE_MSG(test, test_bit(bit, t->l0) && !test_bit(bit, t->l2),
					       "%s of MSR %#x, virtualized: %s", bit_access(bit),
					       msr, x2apic_params[i].name);
		}

		/* It's not that L2 gets nothing at all. */
		KUNIT_EXPECT_GT(test, nr_passed_through(t), NR_BITS / 8);
	}
}

static void x2apic_controls_test(struct kunit *test)
{
	const struct x2apic_param *param = test->param_value;
	struct msr_bitmap_test *t = test->priv;
	unsigned int i, j;

	/* L0 passes everything through or nothing, which doesn't matter. */
	for (i = 0; i < 2; i++) {
		memset(t->l0, patterns[i], sizeof(t->l0));
		set_l0(t);
		set_x2apic(t, param->controls);

		for (j = 0; j < ARRAY_SIZE(patterns); j++) {
			memset(t->l1, patterns[j], sizeof(t->l1));
			check_merge(test, "L0 %#04x, L1 %#04x", patterns[i], patterns[j]);
		}
	}

	/* L0 passes nothing through, now L1 does everything. */
	memset(t->l1, 0, sizeof(t->l1));
	merge(test);
	KUNIT_EXPECT_EQ(test, nr_passed_through(t), param->nr_virtualized);
}

/* From any set of controls to any other is as good as never having had the former. */
static void x2apic_change_test(struct kunit *test)
{
	const struct x2apic_param *from, *to, *end = x2apic_params + ARRAY_SIZE(x2apic_params);
	struct msr_bitmap_test *t = test->priv;

	fill_typical_l0(t->l0);
	set_l0(t);

	for (from = x2apic_params; from < end; from++) {
		for (to = x2apic_params; to < end; to++) {
			set_x2apic(t, from->controls);
			merge(test);
			set_x2apic(t, to->controls);
			check_merge(test, "from %s to %s", from->name, to->name);
			KUNIT_EXPECT_EQ(test, t->mb->x2apic_controls, to->controls);
		}
	}
}

/* Nothing may be left from the previous bitmap, while vmcs12's controls must be. */
static void l0_change_test(struct kunit *test)
{
	struct msr_bitmap_test *t = test->priv;
	unsigned int from, to;

	set_x2apic(t, NESTED_X2APIC_CONTROLS);

	for (from = 0; from < ARRAY_SIZE(patterns); from++) {
		for (to = 0; to < ARRAY_SIZE(patterns); to++) {
			memset(t->l0, patterns[from], sizeof(t->l0));
			set_l0(t);
			merge(test);
			memset(t->l0, patterns[to], sizeof(t->l0));
			set_l0(t);
			check_merge(test, "from %#04x to %#04x", patterns[from], patterns[to]);
		}
	}
}

/* L1 changes one bit at a time, which is seen without KVM being told. */
static void l1_change_test(struct kunit *test)
{
	unsigned long *expected = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct msr_bitmap_test *t = test->priv;
	struct rnd_state rnd;
	unsigned int bit;

	KUNIT_ASSERT_NOT_NULL(test, expected);

	prandom_seed_state(&rnd, 2);
	fill_random(&rnd, t->l1, 1);
	set_l0(t);
	set_x2apic(t, NESTED_X2APIC_CONTROLS);
	check_merge(test, "before any change");
	memcpy(expected, t->l2, PAGE_SIZE);

	/* The stride is odd to get to all positions in a long, and to 0x808, TPR. */
	for (bit = 0; bit < NR_BITS; bit += 0x101) {
		__change_bit(bit, t->l1);
		if (!(model_l0(t, BIT_WORD(bit)) & BIT_MASK(bit)))
			__change_bit(bit, expected);
		merge(test);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(t->l2, expected, PAGE_SIZE), 0,
				    "%s of MSR %#x", bit_access(bit), bit_msr(bit));
	}
}

static void repeat_test(struct kunit *test)
{
	unsigned long *first = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct msr_bitmap_test *t = test->priv;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, first);

	prandom_seed_state(&rnd, 3);
	fill_random(&rnd, t->l0, 3);
	fill_random(&rnd, t->l1, 2);
	set_l0(t);
	set_x2apic(t, NESTED_X2APIC_CONTROLS);
	check_merge(test, "first merge");
	memcpy(first, t->l2, PAGE_SIZE);

	check_merge(test, "second merge");
	KUNIT_EXPECT_EQ(test, memcmp(t->l2, first, PAGE_SIZE), 0);

	set_l0(t);
	set_x2apic(t, NESTED_X2APIC_CONTROLS);
	check_merge(test, "everything once more");
	KUNIT_EXPECT_EQ(test, memcmp(t->l2, first, PAGE_SIZE), 0);
}

/* A nested VM-Enter reads as few longs as are open. */
static void open_longs_test(struct kunit *test)
{
	struct msr_bitmap_test *t = test->priv;

	memset(t->l0, 0xff, sizeof(t->l0));
	set_l0(t);
	KUNIT_EXPECT_EQ(test, t->mb->nr_open, 0);

	/*
	 * Reads of TSC, reads of SYSENTER_*, reads of *_BASE and writes of *_BASE
	 * are in a long each, for longs of 32 bits as well: 0x174-0x176 and
	 * 0xc0000100-0xc0000102 do not cross a multiple of 32.  Writes of
	 * SYSENTER_* are in a fifth, which isn't open as they are kept from L2.
	 */
	fill_typical_l0(t->l0);
	set_l0(t);
	check_merge(test, "typical L0");
	KUNIT_EXPECT_EQ(test, t->mb->nr_open, 4);
	KUNIT_EXPECT_EQ(test, nr_passed_through(t), 1 + 3 + 3 + 3);

	/* Plus all reads of x2APIC MSRs, and writes of some from 0x808 to 0x83f. */
	set_x2apic(t, NESTED_X2APIC_CONTROLS);
	check_merge(test, "typical L0, all virtualized");
	KUNIT_EXPECT_EQ(test, t->mb->nr_open, 4 + 0x100 / BITS_PER_LONG + 0x40 / BITS_PER_LONG);
	KUNIT_EXPECT_EQ(test, nr_passed_through(t), 1 + 3 + 3 + 3 + 256 + 3);
}

static unsigned long __user *map_user_page(struct kunit *test, unsigned long prot)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, prot,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_LT(test, addr, (unsigned long)TASK_SIZE);
	return (unsigned long __user *)addr;
}

static void unreadable_l1_test(struct kunit *test)
{
	struct msr_bitmap_test *t = test->priv;
	unsigned long __user *no_access = map_user_page(test, PROT_NONE);
	unsigned long __user *kernel = (__force unsigned long __user *)t->l1;

	/* L0's bitmap is all zeros, there is a reason to read L1's. */
	set_l0(t);
	KUNIT_EXPECT_FALSE(test, nested_msr_bitmap_merge(t->mb, t->l2, NULL));
	KUNIT_EXPECT_FALSE(test, nested_msr_bitmap_merge(t->mb, t->l2, no_access));
	KUNIT_EXPECT_FALSE(test, nested_msr_bitmap_merge(t->mb, t->l2, kernel));

	/* It's fine again with one that can be read. */
	memset(t->l1, 0x5a, sizeof(t->l1));
	check_merge(test, "after failures");
}

/* All bitmaps start as zeros: what is to be intercepted in L2's is for KVM to set. */
static int nested_msr_bitmap_test_init(struct kunit *test)
{
	struct msr_bitmap_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;
	u32 msr;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;

	t->mb = kunit_kzalloc(test, sizeof(*t->mb), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->mb);
	t->l2 = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->l2);
	t->l1_user = map_user_page(test, PROT_READ | PROT_WRITE);

	for (i = 0; i < ARRAY_SIZE(kept_msrs); i++) {
		for (msr = kept_msrs[i].first; msr <= kept_msrs[i].last; msr++) {
			__set_bit(msr_bit(msr, true), t->kept);
			if (!kept_msrs[i].write_only)
				__set_bit(msr_bit(msr, false), t->kept);
		}
	}
	return 0;
}

static struct kunit_case nested_msr_bitmap_cases[] = {
	KUNIT_CASE(single_msr_test),
	KUNIT_CASE(every_msr_test),
	KUNIT_CASE(pattern_test),
	KUNIT_CASE(random_test),
	KUNIT_CASE(l0_has_last_word_test),
	KUNIT_CASE_PARAM(x2apic_controls_test, x2apic_gen_params),
	KUNIT_CASE(x2apic_change_test),
	KUNIT_CASE(l0_change_test),
	KUNIT_CASE(l1_change_test),
	KUNIT_CASE(repeat_test),
	KUNIT_CASE(open_longs_test),
	KUNIT_CASE(unreadable_l1_test),
	{}
};

static struct kunit_suite nested_msr_bitmap_suite = {
	.name = "kvm_vmx_nested_msr_bitmap",
	.init = nested_msr_bitmap_test_init,
	.test_cases = nested_msr_bitmap_cases,
};

kunit_test_suite(nested_msr_bitmap_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the MSR bitmap that L2 runs with");
MODULE_LICENSE("GPL");
