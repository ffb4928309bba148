/*
 * index_header.c - the header of hnsw.index, field by field.
 */

#include <string.h>

#include "bytes.h"
#include "index.h"

static const unsigned char magic[8] = { 'V', 'E', 'C', 'H', 'N', 'S', 'W', 0 };

void
index_header_put(unsigned char bytes[INDEX_HEADER], const struct index_header *h)
{
	memset(bytes, 0, INDEX_HEADER);
	memcpy(bytes, magic, sizeof(magic));
	bytes_put32(bytes + 8, INDEX_VERSION);
	bytes_put32(bytes + 12, h->metric);
	bytes_put64(bytes + 16, h->identity);
	bytes_put64(bytes + 24, h->generation);
	bytes_put64(bytes + 32, h->seed);
	bytes_put32(bytes + 40, h->dim);
	bytes_put32(bytes + 44, h->M);
	bytes_put32(bytes + 48, h->ef_construction);
	bytes_put32(bytes + 52, h->slots);
	bytes_put32(bytes + 56, h->nodes);
	bytes_put32(bytes + 60, h->entry);
	for (int i = 0; i < INDEX_NSECTIONS; i++) {
		bytes_put64(bytes + 64 + 12 * i, h->section[i].bytes);
		bytes_put32(bytes + 72 + 12 * i, h->section[i].crc);
	}
	bytes_put32(bytes + 124, vec_crc32c(0, bytes, 124));
}

bool
index_header_get(const unsigned char bytes[INDEX_HEADER], struct index_header *h, const char **why)
{
	*why = NULL;
	if (memcmp(bytes, magic, sizeof(magic)) != 0)
		*why = "it does not begin with VECHNSW";
	else if (bytes_get32(bytes + 8) != INDEX_VERSION)
		*why = "it has another version";
	else if (bytes_get32(bytes + 124) != vec_crc32c(0, bytes, 124))
		*why = "its header is damaged";
	h->metric = bytes_get32(bytes + 12);
	h->identity = bytes_get64(bytes + 16);
	h->generation = bytes_get64(bytes + 24);
	h->seed = bytes_get64(bytes + 32);
	h->dim = bytes_get32(bytes + 40);
	h->M = bytes_get32(bytes + 44);
	h->ef_construction = bytes_get32(bytes + 48);
	h->slots = bytes_get32(bytes + 52);
	h->nodes = bytes_get32(bytes + 56);
	h->entry = bytes_get32(bytes + 60);
	for (int i = 0; i < INDEX_NSECTIONS; i++) {
		h->section[i].bytes = bytes_get64(bytes + 64 + 12 * i);
		h->section[i].crc = bytes_get32(bytes + 72 + 12 * i);
	}
	return *why == NULL;
}
