/*
 * oracle_check.h - what must be true of the daemon after a start; a part of oracle.c, which includes it
 * behind the types and the load that it is about.
 */


/* n_vecs as it stands in the file, read without coolvec; 0 when there is none. */
static json_int_t
file_nvecs(void)
{
	unsigned char head[20] = { 0 };
	FILE *f = fopen(vectors_path, "rb");
	json_int_t n = 0;

	if (f != NULL && fread(head, 1, sizeof(head), f) == sizeof(head))
		for (int i = 7; i >= 0; i--)
			n = n << 8 | head[12 + i];
	if (f != NULL)
		fclose(f);
	return n;
}

/*
 * n_vecs is never ahead of what was committed.  That can be told of the generation that was there last
 * alone: where a switch was under way the start has put the file of the next one, which may have
 * fewer slots, in the place of the one that was looked at.
 */
static void
check_nvecs(struct client *c, json_int_t before)
{
	json_t *stats = must(c, "stats", NULL);
	json_int_t slots = json_integer_value(json_object_get(stats, "slots"));
	json_int_t now = json_integer_value(json_object_get(stats, "generation"));

	if (now == generation && before > slots)
		die("n_vecs was %lld, and %lld slots are committed", (long long)before,
		    (long long)slots);
	generation = now;
	json_decref(stats);
}

/* A few live items are nearest to themselves. */
static void
check_found(const struct worker *w, struct client *c)
{
	for (size_t i = 0; i < w->n; i += w->n / 8 + 1) {
		json_t *found, *hit;

		if (w->items[i].gone)
			continue;
		found = must(c, "similarity", json_pack("{s:s, s:i, s:b}", "text", w->items[i].text, "k",
		    1, "exact", 1));
		hit = json_array_get(json_object_get(found, "results"), 0);
		if (hit == NULL || json_number_value(json_object_get(hit, "distance")) > 1e-5)
			die("id %lld does not find itself", (long long)w->items[i].id);
		json_decref(found);
	}
}

/* Ask again what got no answer; whatever had become of it, twice the same answer. */
static void
settle(struct worker *w, struct client *c)
{
	json_t *first, *second;

	if (w->op == NULL)
		return;
	first = must(c, w->op, json_incref(w->args));
	second = must(c, w->op, json_incref(w->args));
	if (!json_equal(first, second))
		die("%s was answered in two ways", w->op);
	note(w, first);
	json_decref(first);
	json_decref(second);
	repeated++;
}

/* All that is there, by id; *n is the highest id plus 1. */
static char **
read_all(struct client *c, size_t *n, size_t *there)
{
	json_t *args = json_pack("{s:i}", "limit", 10000);
	char **texts = NULL;

	*n = *there = 0;
	do {
		json_t *page = must(c, "list", json_copy(args)), *item;
		size_t i;

		json_array_foreach(json_object_get(page, "items"), i, item) {
			size_t id = (size_t)json_integer_value(json_object_get(item, "id"));

			if (id >= *n) {
				if ((texts = reallocarray(texts, id + 1, sizeof(*texts))) == NULL)
					die("no memory");
				memset(texts + *n, 0, (id + 1 - *n) * sizeof(*texts));
				*n = id + 1;
			}
			texts[id] = strdup(json_string_value(json_object_get(item, "text")));
			++*there;
		}
		json_object_set(args, "after", json_object_get(page, "next"));
		json_decref(page);
	} while (!json_is_null(json_object_get(args, "after")));
	json_decref(args);
	return texts;
}

/* What is there is what was acknowledged, no less and no more. */
static size_t
check_items(const struct worker *workers, struct client *c)
{
	size_t n, there, expected = 0;
	char **texts = read_all(c, &n, &there);

	for (const struct worker *w = workers; w < workers + WORKERS; w++)
		for (size_t i = 0; i < w->n; i++) {
			const struct item *it = &w->items[i];
			const char *is = (size_t)it->id < n ? texts[it->id] : NULL;

			if (it->gone && is != NULL)
				die("id %lld was deleted and is there", (long long)it->id);
			if (!it->gone && is == NULL)
				die("id %lld was acknowledged and is not there", (long long)it->id);
			if (!it->gone && strcmp(is, it->text) != 0)
				die("id %lld: \"%s\", not \"%s\"", (long long)it->id, is, it->text);
			expected += !it->gone;
		}
	if (there != expected)
		die("%zu items are there, %zu were acknowledged", there, expected);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
	return there;
}

/* Are the items' vectors those of the texts?  A reindex that ends in between makes them unlike. */
static bool
compare(struct client *c, json_t *ids, json_t *texts)
{
	json_t *got = must(c, "get", json_pack("{s:O, s:b}", "ids", ids, "with_vector", 1));
	json_t *made = must(c, "embed", json_pack("{s:O}", "texts", texts));
	json_t *items = json_object_get(got, "items"), *vectors = json_object_get(made, "vectors");
	bool equal = json_array_size(items) == json_array_size(vectors);

	for (size_t i = 0; equal && i < json_array_size(ids); i++)
		equal = json_equal(json_object_get(json_array_get(items, i), "vector"),
		    json_array_get(vectors, i)) != 0;
	json_decref(got);
	json_decref(made);
	return equal;
}

/* Vectors of the items from `from` on, `*from` moving past a page, are those of their texts. */
static void
check_page(const struct worker *w, size_t *from, struct client *c)
{
	json_t *ids = json_array(), *texts = json_array();

	for (; *from < w->n && json_array_size(ids) < PAGE; ++*from)
		if (!w->items[*from].gone) {
			json_array_append_new(ids, json_integer(w->items[*from].id));
			json_array_append_new(texts, json_string(w->items[*from].text));
		}
	if (json_array_size(ids) == 0) {
		json_decref(ids);
		json_decref(texts);
		return;
	}
	for (int tries = 0; !compare(c, ids, texts); tries++)
		if (tries == 3)
			die("vectors are not those of their texts");
	json_decref(ids);
	json_decref(texts);
}

static void
check(struct worker *workers, bool all_vectors, json_int_t nvecs, size_t *there)
{
	struct client *c = connect_client();
	json_t *verdict;

	check_nvecs(c, nvecs);
	for (struct worker *w = workers; w < workers + WORKERS; w++)
		settle(w, c);
	*there = check_items(workers, c);
	for (struct worker *w = workers; w < workers + WORKERS; w++)
		for (size_t from = all_vectors ? 0 : w->compared; from < w->n; w->compared = from)
			check_page(w, &from, c);
	for (struct worker *w = workers; w < workers + WORKERS; w++)
		check_found(w, c);
	verdict = must(c, "verify", NULL);
	if (json_integer_value(json_object_get(verdict, "nbad")) != 0 ||
	    json_integer_value(json_object_get(verdict, "checked")) != (json_int_t)*there ||
	    strcmp(json_string_value(json_object_get(verdict, "index")), "ok") != 0)
		die("verify: %s", json_dumps(verdict, JSON_COMPACT));
	json_decref(verdict);
	client_close(c);
}

