/*
 * fuzz_reply.c - what an embedding service answered: its JSON becomes vectors, or a sentence and what to
 * do about it.
 *
 * A line, then the body.  Its first character says who was asked ('o' an openai that takes what comes,
 * 'p' one of three components, 'q' gemini), the second how many texts it was ('0' one, to '3' four),
 * the third the status ('2' 200, '7' 429; see below), and the rest is the Retry-After in seconds.
 */

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"

#define KEY "AIzaSyD-0123456789abcdefghijklmnopqrstu"
#define KEY_PART 6		/* so many characters of it in a row are in no sentence */
#define DIM 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const long statuses[8] = { 401, 404, 200, 302, 400, 503, 408, 429 };

/* What stands in the line after its first three characters; -1 when that is no number. */
static int64_t
retry_after(const uint8_t *p, size_t n)
{
	char digits[21] = "";

	if (n == 0 || n >= sizeof(digits) || p[0] < '0' || p[0] > '9')
		return -1;
	memcpy(digits, p, n);
	return strtoll(digits, NULL, 10);
}

static struct embedder *
open_one(const char *provider, size_t dim)
{
	struct embed_config c = { .provider = provider, .model = "model", .dim = dim,
		.service = { .base_url = "https://example.org/v1", .key = KEY } };
	struct embedder *e;
	struct err err;

	if (embedder_open(&c, &e, &err) != 0)
		abort();
	return e;
}

static void
check_rows(const float *rows, size_t n, size_t dim)
{
	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < dim; j++)
			sum += (double)rows[i * dim + j] * (double)rows[i * dim + j];
		assert(fabs(sum - 1) < 1e-3);
	}
}

static void
check_sentence(const struct err *err)
{
	char part[KEY_PART + 1];

	assert(memchr(err->text, '\0', sizeof(err->text)) != NULL && err->text[0] != '\0');
	for (const char *s = err->text; *s != '\0'; s++)
		assert((unsigned char)*s >= 0x20 && (unsigned char)*s < 0x7f);
	for (size_t i = 0; i + KEY_PART < sizeof(KEY); i++) {
		memcpy(part, &KEY[i], KEY_PART);
		part[KEY_PART] = '\0';
		assert(strstr(err->text, part) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct embedder *asked[3];
	const uint8_t *lf = n > 3 ? memchr(data + 3, '\n', n - 3) : NULL;
	struct embed_reply r;
	struct embed_again again;
	struct err err;
	size_t ntexts, dim = 0;
	float *rows = NULL;
	int rc;

	if (lf == NULL)
		return 0;
	if (asked[0] == NULL) {
		asked[0] = open_one("openai", 0);
		asked[1] = open_one("openai", DIM);
		asked[2] = open_one("gemini", DIM);
	}
	ntexts = 1 + data[1] % 4;
	r.status = statuses[data[2] % 8];
	r.retry_after = retry_after(data + 3, (size_t)(lf - data) - 3);
	r.body = (const char *)lf + 1;
	r.n = n - (size_t)(lf + 1 - data);
	err.text[0] = '\0';
	rc = embedder_reply(asked[data[0] % 3], &r, ntexts, &rows, &dim, &again, &err);
	assert((rc == 0) == (rows != NULL));
	assert(rc != 0 || (r.status == 200 && dim > 0 && dim <= EMBED_REMOTE_DIM_MAX));
	assert(rc == 0 || rc == EMBED_EUNAVAILABLE || rc == EMBED_ERATE || rc == EMBED_EAGAIN);
	assert(again.wait_ms >= -1 && again.wait_ms <= 86400000);
	assert(again.per_minute <= EMBED_PER_MINUTE_MAX);
	if (rc == 0)
		check_rows(rows, ntexts, dim);
	else
		check_sentence(&err);
	free(rows);
	return 0;
}
