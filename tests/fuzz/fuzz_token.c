/*
 * fuzz_token.c - a token as a client may send it.  None that the fuzzer makes is signed by our key.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "token.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned char secret[] = "a key of more than thirty-two bytes, for tests";
	static struct token_key old = { secret, 32, "HS256", "", NULL };
	static struct token_key key = { secret, sizeof(secret) - 1, "HS256", "", &old };
	struct token t = { "ann", "0123456789abcdef0123456789abcdef", NOW, NOW + 60 }, back;
	struct err err;
	char *text;

	if (key.kid[0] == '\0' && (token_name(&old, &err) != 0 || token_name(&key, &err) != 0))
		abort();
	assert(token_read(&key, (const char *)data, n, NOW, &back, &err) == -1);
	assert(token_read_expired(&key, (const char *)data, n, NOW, &back, &err) == -1);
	/* a name of its choice comes back as it was, and a change of one byte is seen */
	if (n >= 2 && n < sizeof(t.username) && memchr(data, '\0', n) == NULL && data[0] < 0x80) {
		memcpy(t.username, data, n);
		t.username[n] = '\0';
		if (token_make(&key, &t, &text, &err) != 0)
			return 0;	/* it is no UTF-8 */
		if (token_read(&key, text, strlen(text), NOW, &back, &err) == 0)
			assert(strcmp(back.username, t.username) == 0);
		text[data[1] % (strlen(text) - 2)] ^= 1;
		assert(token_read(&key, text, strlen(text), NOW, &back, &err) == -1);
		free(text);
	}
	return 0;
}
