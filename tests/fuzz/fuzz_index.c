/*
 * fuzz_index.c - a hnsw.index that somebody has changed, its checksums made right again; then searches
 * and deletes on what was loaded.
 *
 * The input is a list of changes to a good file: place (2 bytes) and value (1).  Whatever is in the
 * file, an answer holds live slots alone, each once, nearest first.
 */

#include <assert.h>

#include "bytes.h"
#include "folder.h"
#include "index.h"
#include "vec.h"

#define DIM 4
#define SLOTS 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define VECTORS_MAX ((size_t)4 << 20)
#define INDEX_MAX 65536

static uint8_t good_vectors[VECTORS_MAX], good_index[INDEX_MAX];
static size_t nvectors, nindex;

static const struct vec_options options = { .dim = DIM, .metric = VEC_L2, .M = 4,
	.ef_construction = 16, .seed = 7, .identity = 1, .generation = 1, .create = true };

static size_t
keep(const char *name, uint8_t *p, size_t room)
{
	char path[96];
	ssize_t n;
	int fd;

	fuzz_file(name, path);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || (n = read(fd, p, room)) <= 0 || (size_t)n == room)
		abort();
	close(fd);
	return (size_t)n;
}

static void
make_good(void)
{
	struct vec_error err;
	struct vec *v;
	float x[DIM];

	if (vec_open(fuzz_folder, &options, &v, &err) != 0)
		abort();
	for (uint32_t i = 0; i < SLOTS; i++) {
		for (uint32_t j = 0; j < DIM; j++)
			x[j] = (float)((i * 7 + j * 13) % 17) + 0.5f;
		if (vec_add(v, x, DIM, NULL, &err) != 0)
			abort();
	}
	while (vec_index(v, 100, &err) == 1)
		;
	if (vec_checkpoint(v, &err) != 0)
		abort();
	vec_close(v);
	nvectors = keep("vectors.bin", good_vectors, VECTORS_MAX);
	nindex = keep("hnsw.index", good_index, INDEX_MAX);
}

/* As far as the sections' lengths still fit the file, make the sums those of what is there. */
static void
mend_sums(uint8_t *p, size_t n)
{
	uint64_t at = INDEX_HEADER;

	for (int i = 0; i < INDEX_NSECTIONS; i++) {
		uint64_t bytes = bytes_get64(p + 64 + 12 * i);

		if (bytes > n - at)
			return;
		bytes_put32(p + 72 + 12 * i, vec_crc32c(0, p + at, bytes));
		at += bytes;
	}
	bytes_put32(p + 124, vec_crc32c(0, p, 124));
}

static void
search_and_delete(struct vec *v)
{
	struct vec_query q = VEC_QUERY(10);
	struct vec_hit hits[10];
	struct vec_error err;
	size_t n;

	for (uint32_t slot = 0; slot < SLOTS; slot += 3) {
		const float *x = vec_peek(v, slot);

		assert(vec_search(v, x, DIM, &q, hits, &n, &err) == 0 && n <= 10);
		for (size_t i = 0; i < n; i++) {
			assert(vec_is_live(v, hits[i].slot));
			assert(i == 0 || hits[i - 1].distance < hits[i].distance ||
			    (hits[i - 1].distance == hits[i].distance &&
				hits[i - 1].slot < hits[i].slot));
		}
		(void)vec_delete(v, slot, &err);
		(void)vec_index(v, 4, &err);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t index[INDEX_MAX];
	struct vec_check_report report;
	struct vec_error err;
	struct vec *v;

	fuzz_enter();
	if (nindex == 0)
		make_good();
	memcpy(index, good_index, nindex);
	for (size_t i = 0; i + 2 < n; i += 3)
		index[(data[i] | (size_t)data[i + 1] << 8) % nindex] = data[i + 2];
	mend_sums(index, nindex);
	fuzz_write("vectors.bin", good_vectors, nvectors);
	fuzz_write("hnsw.index", index, nindex - (n % 3 == 1 ? data[n - 1] : 0));
	if (vec_open(fuzz_folder, &options, &v, &err) != 0)
		abort();	/* a bad graph never keeps a collection from opening */
	(void)vec_check(v, &report, &err);
	search_and_delete(v);
	vec_close(v);
	return 0;
}
