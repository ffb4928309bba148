/*
 * embed_texts.c - vectors of real text, for measuring recall on what people store.
 *
 *	embed_texts FILE < TEXTS
 *
 * Reads one text a line and writes the local embedder's vectors of default dimension to FILE, one
 * after the other, as little-endian float32 and nothing else.  A line without a letter, digit or
 * symbol, or not UTF-8, is left out and counted.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"

struct counts {
	size_t written, left_out;
};

static int
vector_write(FILE *f, const float *v)
{
	uint8_t bytes[EMBED_LOCAL_DIM_DEFAULT * 4];

	for (size_t i = 0; i < EMBED_LOCAL_DIM_DEFAULT; i++) {
		uint32_t bits;

		memcpy(&bits, &v[i], sizeof(bits));
		for (size_t k = 0; k < 4; k++)
			bytes[i * 4 + k] = (uint8_t)(bits >> (8 * k));
	}
	return fwrite(bytes, sizeof(bytes), 1, f) == 1 ? 0 : -1;
}

static int
texts_embed(const struct embedder *e, FILE *f, struct counts *n)
{
	float v[EMBED_LOCAL_DIM_DEFAULT];
	char *line = NULL;
	size_t room = 0, bad;
	ssize_t len;
	int rc = 0;

	while (rc == 0 && (len = getline(&line, &room, stdin)) != -1) {
		struct embed_text t = { line, (size_t)len };
		int r = embedder_embed(e, &t, 1, v, &bad, NULL);

		if (r == EMBED_EINVAL) {
			n->left_out++;
		} else if (r == 0 && vector_write(f, v) == 0) {
			n->written++;
		} else {
			rc = -1;
		}
	}
	free(line);
	return ferror(stdin) ? -1 : rc;
}

int
main(int argc, char **argv)
{
	struct embed_config c = { .provider = "local", .dim = EMBED_LOCAL_DIM_DEFAULT };
	struct counts n = { 0, 0 };
	struct embedder *e = NULL;
	struct err err = { 0 };
	FILE *f = NULL;
	int rc = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: embed_texts FILE < TEXTS\n");
		return 2;
	}
	if (embedder_open(&c, &e, &err) != 0) {
		fprintf(stderr, "embed_texts: %s\n", err.text);
		goto out;
	}
	if ((f = fopen(argv[1], "wb")) == NULL || texts_embed(e, f, &n) != 0) {
		perror("embed_texts");
		goto out;
	}
	rc = 0;
out:
	if (f != NULL && fclose(f) != 0) {
		perror("embed_texts");
		rc = 1;
	}
	embedder_close(e);
	if (rc == 0)
		printf("%zu vectors of %d, %zu lines left out\n", n.written,
		    EMBED_LOCAL_DIM_DEFAULT, n.left_out);
	return rc;
}
