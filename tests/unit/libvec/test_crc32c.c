/*
 * test_crc32c.c - the checksum: the values of RFC 3720, appendix B.4, and instruction against
 * table.
 */

#include "fixture.h"

#include "crc32c.h"

static void
rfc_3720_values(void **state)
{
	static const unsigned char read10[48] = { 0x01, 0xc0, [16] = 0x14, [22] = 4, [27] = 0x14,
		[31] = 0x18, 0x28, [40] = 0x02 };
	unsigned char p[32];

	(void)state;
	memset(p, 0, sizeof(p));
	assert_int_equal(vec_crc32c(0, p, sizeof(p)), 0x8a9136aa);
	memset(p, 0xff, sizeof(p));
	assert_int_equal(vec_crc32c(0, p, sizeof(p)), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		p[i] = (unsigned char)i;
	assert_int_equal(vec_crc32c(0, p, sizeof(p)), 0x46dd794e);
	for (unsigned i = 0; i < 32; i++)
		p[i] = (unsigned char)(31 - i);
	assert_int_equal(vec_crc32c(0, p, sizeof(p)), 0x113fdb5c);
	assert_int_equal(vec_crc32c(0, read10, sizeof(read10)), 0xd9963a56);
	assert_int_equal(vec_crc32c(0, "123456789", 9), 0xe3069283);
}

static void
table_and_instruction_agree_at_every_length_and_offset(void **state)
{
	crc32c_function *fast = crc32c_sse42();
	unsigned char p[300];

	(void)state;
	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (unsigned char)fixture_random();
	assert_int_equal(crc32c_table(0, (const unsigned char *)"123456789", 9), 0xe3069283);
	if (!fast)
		skip();
	for (size_t from = 0; from < 9; from++) {
		for (size_t n = 0; from + n <= sizeof(p); n++)
			assert_int_equal(fast(5, p + from, n), crc32c_table(5, p + from, n));
	}
}

static void
continues_from_a_part(void **state)
{
	uint32_t part;

	(void)state;
	part = vec_crc32c(0, "1234", 4);
	assert_int_equal(vec_crc32c(part, "56789", 5), 0xe3069283);
}

static void
parts_are_joined(void **state)
{
	unsigned char p[300];

	(void)state;
	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (unsigned char)(i * i >> 3);
	for (size_t n = 0; n <= sizeof(p); n++)
		assert_int_equal(crc32c_join(vec_crc32c(0, p, n), vec_crc32c(0, p + n, sizeof(p) - n),
		    sizeof(p) - n), vec_crc32c(0, p, sizeof(p)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_3720_values),
		cmocka_unit_test(table_and_instruction_agree_at_every_length_and_offset),
		cmocka_unit_test(continues_from_a_part),
		cmocka_unit_test(parts_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
