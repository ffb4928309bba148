/*
 * fuzz_vectors.c - the input is a vectors.bin: opened, read, searched, added to, and opened again.
 *
 * The two bytes where `dim` begins say what the rows of the metadata would; slots past n_vecs are
 * published as after a power cut.
 */

#include <assert.h>

#include "folder.h"
#include "vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
use(struct vec *v, size_t dim)
{
	struct vec_query q = VEC_QUERY(5);
	struct vec_error err;
	struct vec_hit hits[5];
	float x[64];
	size_t found;
	uint32_t slot;

	for (size_t i = 0; i < dim; i++)
		x[i] = (float)i + 1;
	(void)vec_index(v, 50, &err);
	assert(vec_search(v, x, dim, &q, hits, &found, &err) == 0 && found <= 5);
	if (vec_add(v, x, dim, &slot, &err) != 0)
		return;
	assert(vec_is_live(v, slot) && vec_peek(v, slot)[0] == 1);
	q.k = 1;
	assert(vec_search(v, x, dim, &q, hits, &found, &err) == 0 && found == 1);
	assert(hits[0].distance <= 1e-5f || hits[0].distance != hits[0].distance);
	(void)vec_checkpoint(v, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct vec_options o = { .metric = VEC_L2, .M = 4, .ef_construction = 8 };
	struct vec_error err;
	struct vec_stats st;
	struct vec *v = NULL;

	if (n > 65536)
		return 0;
	fuzz_enter();
	fuzz_write("vectors.bin", data, n);
	o.dim = n > 20 && data[20] > 0 && data[20] <= 64 ? data[20] : 4;
	for (int again = 0; again < 2; again++) {
		if (vec_open(fuzz_folder, &o, &v, &err) != 0) {
			assert(v == NULL && err.message[0] != '\0');
			return 0;
		}
		vec_stats(v, &st);
		assert(st.published <= st.capacity);
		(void)vec_publish(v, st.published + (n > 12 ? data[12] & 3 : 0), &err);
		use(v, o.dim);
		vec_close(v);
		v = NULL;
	}
	return 0;
}
