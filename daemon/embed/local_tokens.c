/*
 * local_tokens.c - the folding of code points and their grouping into tokens.
 *
 * The open token lives in the reader and moves to the block when it ends, so a block may be handed
 * over between any two code points of the text.  Nothing is allocated and each byte is seen once.
 */

#include <string.h>

#include <utf8proc.h>

#include "local_tokens.h"

#define GREEK_IOTA_SUBSCRIPT 0x0345
#define KANA_VOICED_MARK 0x3099
#define KANA_HALF_VOICED_MARK 0x309a
#define ARABIC_TATWEEL 0x0640

/* What a folded code point does to the open token. */
enum unit_class {
	UNIT_BREAK,		/* ends it */
	UNIT_SKIP,		/* leaves it as it is */
	UNIT_MARK,		/* belongs to the starter before it */
	UNIT_LETTER,
	UNIT_DIGIT,
	UNIT_SYMBOL,
};

/* Scripts without spaces.  Sorted. */
static const struct script_range {
	uint32_t first, last;
	enum token_kind kind;
} scripts[] = {
	{ 0x0e00, 0x0eff, TOKEN_UNSPACED },	/* Thai, Lao */
	{ 0x1000, 0x109f, TOKEN_UNSPACED },	/* Myanmar */
	{ 0x1780, 0x17ff, TOKEN_UNSPACED },	/* Khmer */
	{ 0x2e80, 0x2fdf, TOKEN_DENSE },	/* Han radicals */
	{ 0x3005, 0x3007, TOKEN_DENSE },	/* Han iteration mark and zero */
	{ 0x3041, 0x312f, TOKEN_DENSE },	/* kana, bopomofo */
	{ 0x31a0, 0x31ff, TOKEN_DENSE },	/* their extensions */
	{ 0x3400, 0x4dbf, TOKEN_DENSE },	/* Han, extension A */
	{ 0x4e00, 0xa4cf, TOKEN_DENSE },	/* Han, Yi */
	{ 0xf900, 0xfaff, TOKEN_DENSE },	/* Han, compatibility */
	{ 0x20000, 0x3ffff, TOKEN_DENSE },	/* Han, the further extensions */
};

#define NSCRIPTS (sizeof(scripts) / sizeof(scripts[0]))

static enum token_kind
script_kind(uint32_t cp)
{
	for (size_t i = 0; i < NSCRIPTS && cp >= scripts[i].first; i++)
		if (cp <= scripts[i].last)
			return scripts[i].kind;
	return TOKEN_WORD;
}

/*
 * Combining classes 1-9 are overlays, nuktas, kana voicing and viramas, 84-132 the vowels and tones
 * of Telugu, Thai, Lao and Tibetan: without them it is another word.  10-35 are Hebrew points and
 * Arabic vowels, 200 and up accents: people write them or not.  Class 0 are the vowels of most
 * Indic scripts; they take part in no reordering, so they are letters here.
 */
static enum unit_class
class_of_mark(unsigned ccc)
{
	if (ccc == 0)
		return UNIT_LETTER;
	return ccc < 10 || (ccc >= 84 && ccc <= 132) ? UNIT_MARK : UNIT_SKIP;
}

static enum unit_class
class_of(uint32_t cp)
{
	const utf8proc_property_t *prop = utf8proc_get_property((utf8proc_int32_t)cp);

	switch ((utf8proc_category_t)prop->category) {
	case UTF8PROC_CATEGORY_LM:
		return cp == ARABIC_TATWEEL ? UNIT_SKIP : UNIT_LETTER;
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LO:
		return UNIT_LETTER;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		return class_of_mark((unsigned)prop->combining_class);
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return UNIT_DIGIT;
	case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SC:
	case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_SO:
		return UNIT_SYMBOL;
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		return UNIT_SKIP;
	default:
		return UNIT_BREAK;
	}
}

/*
 * The Arabic article, alone or behind one of the particles wa, fa, bi, ka, is written onto its
 * word, and would open half the words of a text alike.  The number of units it takes here.
 */
static size_t
arabic_article(const uint32_t *u, size_t n)
{
	size_t at = 0;

	if (n >= 6 && (u[0] == 0x0648 || u[0] == 0x0641 || u[0] == 0x0628 || u[0] == 0x0643))
		at = 1;
	return n >= at + 5 && u[at] == 0x0627 && u[at + 1] == 0x0644 ? at + 2 : 0;
}

/* End the open token, if there is one: it moves to the block. */
static void
token_end(struct token_reader *r)
{
	struct token_block *b = r->block;
	struct token *t;
	size_t skip;

	if (r->n == 0)
		return;
	skip = r->kind == TOKEN_WORD ? arabic_article(r->units, r->n) : 0;
	t = &b->tokens[b->n++];
	t->kind = r->kind;
	t->at = (uint32_t)b->nunits;
	t->n = (uint32_t)(r->n - skip);
	memcpy(b->units + b->nunits, r->units + skip, t->n * sizeof(*b->units));
	b->nunits += t->n;
	r->n = r->nstarters = r->nmarks = 0;
}

static void
token_put_starter(struct token_reader *r, uint32_t cp, enum token_kind kind)
{
	bool joins;

	/* Letters and digits go on with one another; the first of them names the token. */
	joins = kind == r->kind || (kind <= TOKEN_NUMBER && r->kind <= TOKEN_NUMBER);
	if (!joins || r->nstarters == TOKEN_STARTERS_MAX)
		token_end(r);
	if (r->n == 0)
		r->kind = kind;
	r->units[r->n++] = cp;
	r->nstarters++;
	r->nmarks = 0;
}

/*
 * Put a mark at its canonical place after the last starter: by class, equal classes as they came.
 * Of a flood of marks the first TOKEN_MARKS_MAX of that order stay, whatever order they came in.
 */
static void
token_put_mark(struct token_reader *r, uint32_t cp)
{
	const utf8proc_property_t *prop = utf8proc_get_property((utf8proc_int32_t)cp);
	uint32_t *marks = r->units + r->n - r->nmarks;
	size_t i = r->nmarks;

	if (r->n == 0)
		return;
	if (cp == KANA_VOICED_MARK || cp == KANA_HALF_VOICED_MARK) {
		marks[-1] |= cp == KANA_VOICED_MARK ? UNIT_VOICED : UNIT_HALF_VOICED;
		return;
	}
	while (i > 0 && utf8proc_get_property((utf8proc_int32_t)marks[i - 1])->combining_class >
		prop->combining_class)
		i--;
	if (i == TOKEN_MARKS_MAX)
		return;
	if (r->nmarks < TOKEN_MARKS_MAX) {
		r->nmarks++;
		r->n++;
	}
	memmove(marks + i + 1, marks + i, (r->nmarks - 1 - i) * sizeof(*marks));
	marks[i] = cp;
}

static void
token_put(struct token_reader *r, uint32_t cp)
{
	switch (class_of(cp)) {
	case UNIT_BREAK:
		token_end(r);
		break;
	case UNIT_SKIP:
		break;
	case UNIT_MARK:
		token_put_mark(r, cp);
		break;
	case UNIT_LETTER:
		token_put_starter(r, cp, script_kind(cp));
		break;
	case UNIT_DIGIT:
		token_put_starter(r, cp, TOKEN_NUMBER);
		break;
	case UNIT_SYMBOL:
		token_put_starter(r, cp, TOKEN_DENSE);
		break;
	}
}

/* The same for ASCII, where there is nothing to look up; most text is that. */
static void
token_put_ascii(struct token_reader *r, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		token_put_starter(r, c | 0x20u, TOKEN_WORD);
	else if (c >= 'a' && c <= 'z')
		token_put_starter(r, c, TOKEN_WORD);
	else if (c >= '0' && c <= '9')
		token_put_starter(r, c, TOKEN_NUMBER);
	else if (c <= ' ')
		token_end(r);
	else
		token_put(r, c);
}

/*
 * Fold one code point and put what it becomes.  It is decomposed canonically before anything else,
 * because the iota subscript folds to a letter, and inside a composed letter would do so before the
 * marks that canonical order puts first.  It is an accent here, and goes with the others.
 */
static int
token_put_folded(struct token_reader *r, utf8proc_int32_t cp)
{
	utf8proc_int32_t parts[8], folded[TOKENS_SPARE];
	utf8proc_ssize_t n, m;

	n = utf8proc_decompose_char(cp, parts, 8, UTF8PROC_DECOMPOSE, NULL);
	if (n < 0 || n > 8)
		return -1;
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		if (parts[i] == GREEK_IOTA_SUBSCRIPT)
			continue;
		m = utf8proc_decompose_char(parts[i], folded, TOKENS_SPARE,
		    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
		    NULL);
		if (m < 0 || m > TOKENS_SPARE)
			return -1;
		for (utf8proc_ssize_t k = 0; k < m; k++)
			token_put(r, (uint32_t)folded[k]);
	}
	return 0;
}

void
tokens_init(struct token_reader *r, const void *p, size_t len)
{
	r->p = p;
	r->left = len;
	r->block = NULL;
	r->kind = TOKEN_WORD;
	r->n = r->nstarters = r->nmarks = 0;
}

int
tokens_next(struct token_reader *r, struct token_block *b)
{
	utf8proc_int32_t cp;
	utf8proc_ssize_t used;

	b->n = b->nunits = 0;
	r->block = b;
	while (r->left > 0) {
		if (b->n > TOKENS_MAX - TOKENS_SPARE)
			return 1;
		if (*r->p < 0x80) {
			token_put_ascii(r, *r->p++);
			r->left--;
			continue;
		}
		used = utf8proc_iterate(r->p, (utf8proc_ssize_t)r->left, &cp);
		if (used < 1)
			return -1;
		if (token_put_folded(r, cp) != 0)
			return -1;
		r->p += used;
		r->left -= (size_t)used;
	}
	token_end(r);
	return 0;
}
