/*
 * codes_encode.h - how a vector becomes a code.  Included by the codes_*.c files after codes_rows.h.
 *
 * Whole numbers, sums of them, and float operations that do not depend on how many components are
 * done at once: every instruction set writes the same bytes.
 *
 * Sixteen steps from the least component to the greatest are wide where a few components are far
 * from the rest.  So a small code may leave those out, at the end of a shorter range: of eight ranges
 * the one with the least squared error is taken.  And where components lie on both sides of zero,
 * zero is one of the steps: a sparse vector is nearly all zeros, which would otherwise all be off by
 * the same.  Recall@10 at ef 20, 50, 100 and 200, M 16, of small codes over the whole range, of those
 * with a step at zero, of both, and of whole bytes:
 *
 *	40,000 x 512 texts	.771 .861 .901 .916	.827 .903 .936 .972	.830 .897 .924 .984	.852 .899 .941 .981
 *	30,000 x 768, clustered, four components eight times the others
 *				.920 .981 .984		.888 .964 .968		.980 .998 .999		.995 .999 1.00
 */

#define CODE_WHOLE 12582912.0f /* 1.5 * 2^23: added and taken away, it leaves a whole number */
#define SMALL_STEPS 15
#define SMALL_RANGES 8
#define SMALL_SHARE 0.85f	/* of a range that the next one has */
#define SMALL_UNITS 64		/* a squared step, when errors are counted */
#define SMALL_UNITS_MOST 65536	/* the last range leaves out less than 32 steps; 16,000 of these fit */

typedef float code_floats __attribute__((vector_size(4 * CODE_LANES)));
typedef int32_t code_ints __attribute__((vector_size(4 * CODE_LANES)));
typedef unsigned char code_bytes __attribute__((vector_size(CODE_LANES)));

/* a where the mask is set, else b. */
CODES_INLINE code_floats
choose(code_ints mask, code_floats a, code_floats b)
{
	return (code_floats)(((code_ints)a & mask) | ((code_ints)b & ~mask));
}

/* `scale` times the `n` components at `x`, the last ones, and the first of them again. */
CODES_INLINE code_floats
load_last(const float *x, size_t n, float scale)
{
	code_floats y = { 0 };

	for (size_t j = 0; j < CODE_LANES; j++)
		y[j] = x[j < n ? j : 0];
	return y * scale;
}

CODES_INLINE code_floats
load_scaled(const float *x, float scale)
{
	code_floats y;

	memcpy(&y, x, sizeof(y));
	return y * scale;
}

/* Where the components lie. */
struct code_range {
	float min, max;
	bool whole;	/* all are whole numbers */
};

CODES_INLINE struct code_range
find_range(const float *x, size_t dim, float scale)
{
	code_floats min = load_last(x, 1, scale), max = min, y;
	code_ints odd = min != min;
	struct code_range r = { min[0], max[0], true };

	for (size_t i = 0; i < dim; i += CODE_LANES) {
		y = i + CODE_LANES <= dim ? load_scaled(x + i, scale) :
		                            load_last(x + i, dim - i, scale);
		min = choose(y < min, y, min);
		max = choose(y > max, y, max);
		odd |= (y + CODE_WHOLE) - CODE_WHOLE != y;
	}
	for (size_t j = 0; j < CODE_LANES; j++) {
		r.min = min[j] < r.min ? min[j] : r.min;
		r.max = max[j] > r.max ? max[j] : r.max;
		r.whole &= odd[j] == 0;
	}
	r.min += 0;	/* -0 is 0 */
	return r;
}

/* The nearest whole numbers in 0..steps; what is no number is 0. */
CODES_INLINE code_ints
to_bytes(code_floats y, float steps)
{
	const code_floats none = { 0 }, most = none + steps;

	y = choose(y > 0, y, none);
	y = choose(y < most, y, most);
	return __builtin_convertvector(y + 0.5f, code_ints);
}

/* What a code counts: `step` each from `min` on. */
struct code_grid {
	float min, step;
};

CODES_INLINE float
grid_inverse(struct code_grid g)
{
	return g.step > 0 ? 1 / g.step : 0;
}

CODES_INLINE struct code_grid
grid_over(float min, float max)
{
	struct code_grid g = { min, (max - min) / SMALL_STEPS };
	float below = -min * grid_inverse(g) + 0.5f, under, over;

	if (min >= 0 || max <= 0)
		return g;
	/* Whole steps below zero, and at least one on each side. */
	below = below < 1 ? 1 : below > SMALL_STEPS - 1 ? SMALL_STEPS - 1 : (float)(int)below;
	under = -min / below;
	over = max / (SMALL_STEPS - below);
	g.step = under > over ? under : over;
	g.min = -below * g.step;
	return g;
}

/* The squared error of all components. */
CODES_INLINE float
grid_error(const float *x, size_t dim, float scale, struct code_grid g)
{
	const code_floats most = (code_floats){ 0 } + SMALL_UNITS_MOST;
	float inverse = grid_inverse(g);
	code_ints sum = { 0 }, c;
	code_floats y;
	int32_t total = 0;

	for (size_t i = 0; i < dim; i += CODE_LANES) {
		size_t n = dim - i < CODE_LANES ? dim - i : CODE_LANES;

		y = n == CODE_LANES ? load_scaled(x + i, scale) : load_last(x + i, n, scale);
		y = (y - g.min) * inverse;
		y -= __builtin_convertvector(to_bytes(y, SMALL_STEPS), code_floats);
		y = y * y * SMALL_UNITS;
		c = __builtin_convertvector(choose(y < most, y, most) + 0.5f, code_ints);
		for (size_t j = n; j < CODE_LANES; j++)
			c[j] = 0;
		sum += c;
	}
	for (size_t j = 0; j < CODE_LANES; j++)
		total += sum[j];
	return g.step * g.step * (float)total;
}

CODES_INLINE struct code_grid
find_small_grid(const float *x, size_t dim, float scale)
{
	struct code_range r = find_range(x, dim, scale);
	float middle = r.min > 0 ? r.min : r.max < 0 ? r.max : 0, share = 1, error, least;
	struct code_grid best = grid_over(r.min, r.max), g;

	if (r.whole && r.max - r.min <= SMALL_STEPS)
		return (struct code_grid){ r.min, 1 };
	least = grid_error(x, dim, scale, best);
	for (int i = 1; i < SMALL_RANGES; i++) {
		share *= SMALL_SHARE;
		g = grid_over(middle + (r.min - middle) * share, middle + (r.max - middle) * share);
		error = grid_error(x, dim, scale, g);
		if (error < least) {
			least = error;
			best = g;
		}
	}
	return best;
}

static void
encode(const float *x, size_t dim, float scale, unsigned char *row, size_t stride)
{
	struct code_range r = find_range(x, dim, scale);
	struct code_grid g = { r.min,
		r.whole && r.max - r.min <= 255 ? 1 : (r.max - r.min) / 255 };
	struct code_tail t = { .min = g.min, .step = g.step };
	code_ints sum = { 0 }, square = { 0 }, c;
	float inverse = grid_inverse(g);
	code_bytes bytes;
	int32_t squares = 0;
	size_t i;

	for (i = 0; i + CODE_LANES <= dim; i += CODE_LANES) {
		c = to_bytes((load_scaled(x + i, scale) - t.min) * inverse, 255);
		bytes = __builtin_convertvector(c, code_bytes);
		memcpy(row + i, &bytes, sizeof(bytes));
		sum += c;
		square += c * c;
	}
	if (i < dim) {
		c = to_bytes((load_last(x + i, dim - i, scale) - t.min) * inverse, 255);
		for (size_t j = 0; i < dim; i++, j++) {
			row[i] = (unsigned char)c[j];
			t.sum += c[j];
			squares += c[j] * c[j];
		}
	}
	/* 16,000 components of 255 fit. */
	for (size_t j = 0; j < CODE_LANES; j++) {
		t.sum += sum[j];
		squares += square[j];
	}
	t.square = t.step * t.step * (float)squares;
	memcpy(row + stride - sizeof(t), &t, sizeof(t));
}

static void
encode_small(const float *x, size_t dim, float scale, unsigned char *row, size_t stride)
{
	struct code_grid g = find_small_grid(x, dim, scale);
	float inverse = grid_inverse(g);
	size_t half = (dim + 1) / 2;
	uint32_t sum = 0, square = 0, packed;

	memset(row, 0, stride);
	for (size_t i = 0; i < dim; i += CODE_LANES) {
		size_t n = dim - i < CODE_LANES ? dim - i : CODE_LANES;
		code_ints c = to_bytes((load_last(x + i, n, scale) - g.min) * inverse, SMALL_STEPS);

		for (size_t j = 0; j < n; j++) {
			if (i + j < half)
				row[i + j] |= (unsigned char)c[j];
			else
				row[i + j - half] |= (unsigned char)(c[j] << 4);
			sum += (uint32_t)c[j];
			square += (uint32_t)(c[j] * c[j]);
		}
	}
	packed = sum | square << CODES_SUM_BITS;
	row[stride - CODES_SMALL_TAIL] = (unsigned char)(square >> CODES_SQUARE_BITS);
	memcpy(row + stride - 12, &g.min, sizeof(g.min));
	memcpy(row + stride - 8, &g.step, sizeof(g.step));
	memcpy(row + stride - 4, &packed, sizeof(packed));
}
