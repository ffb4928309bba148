/*
 * oracle.c - a daemon is killed again and again, and must have kept every word it gave.
 *
 * usage: oracle COOLVECD FOLDER ROUNDS SEED [DEVICE TYPE MOUNT]
 *
 * With a device, on which a file system is mounted, its power is cut instead: the data are there, and
 * what was not synced is gone.
 *
 * In each round clients add, change and delete texts as fast as they can and write down what was
 * acknowledged; what they read in between is theirs alone and must be that.  Another client has the
 * collection compacted and reindexed again and again, in two spaces of different dim.  Then the daemon is killed: in every second round by a client that has just got an
 * answer, so that a word given too early is caught; in the others at a random moment, in some of
 * these a moment after SIGTERM, so that it dies while it stops.  It is started again, and
 *
 *	- what each client asked last and got no answer to is asked again, twice, by its request_id;
 *	- what is there must be exactly what was acknowledged: each id with its text, nothing that
 *	  was deleted, nothing twice (every text is unlike all others);
 *	- vectors are the ones that the daemon embeds from those texts;
 *	- `verify` finds nothing wrong.
 *
 * Exit status 0, or 1 with a sentence about the first broken word.
 */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "num.h"
#include "power.h"
#include "victim.h"

#define WORKERS 4
#define BATCH_MAX 8
#define REQUESTS_MAX 120	/* of a client in a round, so that the load is bounded */
#define LONG_BUILDS 3		/* generations that come in a long round ... */
#define LONG_SECONDS 5		/* ... if they do so in this time */
#define PAGE 500		/* items whose vectors are compared at once */

struct item {
	json_int_t id;
	char text[64];
	bool gone;
};

struct worker {
	int number;
	pthread_t thread;
	struct client *client;
	uint64_t random;
	struct item *items;	/* acknowledged */
	size_t n, compared;	/* the vectors of those below `compared` have been */
	unsigned asked;		/* requests so far: makes request_ids and texts unique */
	const char *op;		/* of the request under way, with its args; NULL: none */
	json_t *args;
	size_t target;		/* the item that it changes or deletes */
};

static unsigned long acknowledged, repeated;
static json_int_t generation;
static bool long_round;
static int kill_after;	/* of the first client's answers in this round; 0: main kills, by time */
static struct power power;
static unsigned long refused;	/* by a disk that was gone */

/* The collection's vectors.bin. */
static char vectors_path[4200];

static void
first_start(void)
{
	struct client *c = connect_client();
	json_t *who = json_pack("{s:s, s:s}", "username", "oracle", "password", "a long password");
	json_t *login;

	json_decref(must(c, "register", json_incref(who)));
	login = must(c, "login", who);
	snprintf(token, sizeof(token), "%s",
	    json_string_value(json_object_get(login, "access_token")));
	json_decref(login);
	json_decref(must(c, "collection_create", json_pack("{s:s, s:i, s:i, s:i}",
	    "name", "o", "dim", 64, "M", 8, "ef_construction", 40)));
	json_decref(must(c, "prefs", json_pack("{s:s}", "collection", "o")));
	client_close(c);
}

/* --- the clients: what they ask and what they write down -------------------------------------- */

static json_t *
new_text(struct worker *w, int part)
{
	uint64_t x = next_random(&w->random);

	return json_sprintf("client %d request %u part %d word%llx", w->number, w->asked, part,
	    (unsigned long long)(x % 5000));
}

/* Choose the next request; it is under way from now on. */
static void
choose(struct worker *w)
{
	uint64_t dice = next_random(&w->random) % 100;

	w->asked++;
	w->target = w->n > 0 ? next_random(&w->random) % w->n : 0;
	if (dice < 30 && w->n > 0 && !w->items[w->target].gone) {
		w->op = dice < 18 ? "delete" : "update";
		w->args = json_pack("{s:I}", "id", w->items[w->target].id);
		if (w->op[0] == 'u')
			json_object_set_new(w->args, "text", new_text(w, 0));
	} else if (dice < 55) {
		json_t *items = json_array();

		for (int i = 0; i < 1 + (int)(dice % BATCH_MAX); i++)
			json_array_append_new(items, json_pack("{s:o}", "text", new_text(w, i)));
		w->op = "add";
		w->args = json_pack("{s:o}", "items", items);
	} else {
		w->op = "add";
		w->args = json_pack("{s:o}", "text", new_text(w, 0));
	}
	json_object_set_new(w->args, "request_id", json_sprintf("r-%d-%u", w->number, w->asked));
}

static void
note_item(struct worker *w, const json_t *id, const json_t *text)
{
	struct item *it;

	if ((w->n & (w->n + 1)) == 0 &&
	    (w->items = realloc(w->items, 2 * (w->n + 1) * sizeof(*w->items))) == NULL)
		die("no memory");
	it = &w->items[w->n++];
	*it = (struct item){ .id = json_integer_value(id) };
	snprintf(it->text, sizeof(it->text), "%s", json_string_value(text));
}

/* The request under way was answered: from now on it is a word that was given. */
static void
note(struct worker *w, const json_t *result)
{
	const json_t *items = json_object_get(w->args, "items"), *text, *ids;

	ids = json_object_get(result, "ids");
	text = json_object_get(w->args, "text");
	if (w->op[0] == 'd') {
		w->items[w->target].gone = true;
	} else if (w->op[0] == 'u') {
		snprintf(w->items[w->target].text, sizeof(w->items[0].text), "%s",
		    json_string_value(text));
		if (w->target < w->compared)
			w->compared = w->target;
	} else if (items == NULL) {
		note_item(w, json_object_get(result, "id"), text);
	} else {
		if (json_array_size(items) != json_array_size(ids))
			die("%zu texts got %zu ids", json_array_size(items), json_array_size(ids));
		for (size_t i = 0; i < json_array_size(items); i++)
			note_item(w, json_array_get(ids, i),
			    json_object_get(json_array_get(items, i), "text"));
	}
	json_decref(w->args);
	w->args = NULL;
	w->op = NULL;
}

/* Is `id` among the results? */
static bool
is_found(const json_t *found, json_int_t id)
{
	const json_t *hit;
	size_t i;

	json_array_foreach(json_object_get(found, "results"), i, hit)
		if (json_integer_value(json_object_get(hit, "id")) == id)
			return true;
	return false;
}

/*
 * Read one of the client's own items, which nobody else changes: by its id and by its text; exactly,
 * for recall is tested elsewhere.  False when the daemon is gone.
 */
static bool
probe(struct worker *w)
{
	const struct item *it = &w->items[next_random(&w->random) % w->n];
	json_t *got = ask(w->client, "get", json_pack("{s:[I]}", "ids", it->id));
	json_t *found = got == NULL ? NULL : ask(w->client, "similarity",
	    json_pack("{s:s, s:i, s:b}", "text", it->text, "k", 5, "exact", 1));
	const json_t *item = json_array_get(json_object_get(got, "items"), 0);

	if (found != NULL && it->gone && (item != NULL || is_found(found, it->id)))
		die("id %lld was deleted and is shown", (long long)it->id);
	if (found != NULL && !it->gone && (item == NULL ||
	    strcmp(json_string_value(json_object_get(item, "text")), it->text) != 0))
		die("id %lld was acknowledged and is not shown", (long long)it->id);
	if (found != NULL && !it->gone && !is_found(found, it->id))
		die("id %lld is not found by its text", (long long)it->id);
	json_decref(got);
	json_decref(found);
	return found != NULL;
}

/* Builds one generation after the other, until the daemon is gone. */
static void *
build(void *arg)
{
	struct client *c = connect_client();
	uint64_t *random = arg;
	json_t *done;

	do {
		uint64_t dice = next_random(random) % 10;

		done = dice < 7 ? ask(c, "compact", NULL) :
		    ask(c, "reindex", json_pack("{s:i}", "dim", dice == 9 ? 64 : 96));
		if (done != NULL)
			__atomic_store_n(&generation,
			    json_integer_value(json_object_get(done, "generation")), __ATOMIC_RELAXED);
		json_decref(done);
	} while (done != NULL);
	client_close(c);
	return NULL;
}

/*
 * A disk that is gone is answered with an error: one that says it is unknown what became of the
 * request leaves it under way, any other says that nothing was changed, and is held to it.
 */
static void
note_refusal(struct worker *w, enum wire_code code)
{
	__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
	if (code == WIRE_UNKNOWN)
		return;
	json_decref(w->args);
	w->args = NULL;
	w->op = NULL;
}

/* A client's life in one round: until the daemon is gone. */
static void *
work(void *arg)
{
	struct worker *w = arg;
	struct client_reply r = { 0 };
	struct err err;

	for (int i = 0; i < REQUESTS_MAX; i++) {
		choose(w);
		if (client_call(w->client, w->op, token, w->args, &r, &err) != 0)
			break;
		if (w->number == 0 && i + 1 == kill_after)
			kill(daemon_pid, SIGKILL);
		if (__atomic_load_n(&power_gone, __ATOMIC_SEQ_CST) && r.code == WIRE_OK) {
			client_reply_fini(&r);
			break;		/* an fsync that ends while the power goes may say anything */
		}
		if (r.code != WIRE_OK && power.device != NULL) {
			note_refusal(w, r.code);
			client_reply_fini(&r);
			break;
		}
		if (r.code != WIRE_OK)
			die("%s: %s: %s", w->op, wire_error(r.code)->name, r.message);
		note(w, r.result);
		client_reply_fini(&r);
		__atomic_fetch_add(&acknowledged, 1, __ATOMIC_RELAXED);
		if (w->n > 0 && i % 3 == 0 && !probe(w))
			break;
	}
	while (long_round && w->op == NULL && probe(w))
		;
	client_close(w->client);
	return NULL;
}

/* --- what must be true after a start ---------------------------------------------------------- */

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

/* n_vecs is never ahead of what was committed. */
static void
check_nvecs(struct client *c, json_int_t before)
{
	json_t *stats = must(c, "stats", NULL);
	json_int_t slots = json_integer_value(json_object_get(stats, "slots"));

	if (before > slots)
		die("n_vecs was %lld, and %lld slots are committed", (long long)before,
		    (long long)slots);
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

int
main(int argc, char **argv)
{
	static struct worker workers[WORKERS];
	uint64_t rounds, seed, dice;
	pthread_t builder;
	size_t there = 0;
	json_int_t nvecs;
	const char *data;

	if ((argc != 5 && argc != 8) || !num_parse(argv[3], 1, 10000, &rounds) ||
	    !num_parse(argv[4], 1, 1u << 30, &seed))
		die("usage: oracle COOLVECD FOLDER ROUNDS SEED [DEVICE TYPE MOUNT]");
	if (argc == 8)
		power = (struct power){ argv[5], argv[6], argv[7] };
	may_refuse = power.device != NULL;
	data = power.device != NULL ? power.mount : argv[2];
	snprintf(vectors_path, sizeof(vectors_path), "%s/data/collections/1/vectors.bin", data);
	snprintf(socket_path, sizeof(socket_path), "%s/s", argv[2]);
	daemon_run(argv[1], data);
	first_start();
	dice = seed + 77;
	for (int i = 0; i < WORKERS; i++) {
		workers[i].number = i;
		workers[i].random = seed * 2654435761u + (uint64_t)i + 1;
	}
	for (uint64_t round = 1; round <= rounds; round++) {
		long_round = round % 5 == 0 && power.device == NULL;
		kill_after = round % 2 == 0 && !long_round && power.device == NULL ? 1 + (int)(next_random(&seed) % 60) : 0;
		for (int i = 0; i < WORKERS; i++) {
			workers[i].client = connect_client();
			if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
				die("no thread");
		}
		if (pthread_create(&builder, NULL, build, &dice) != 0)
			die("no thread");
		if (kill_after == 0) {
			json_int_t before = __atomic_load_n(&generation, __ATOMIC_RELAXED);

			for (int i = 0; long_round && i < LONG_SECONDS * 100 &&
			    __atomic_load_n(&generation, __ATOMIC_RELAXED) < before + LONG_BUILDS; i++)
				usleep(10000);
			usleep((useconds_t)(20000 + next_random(&seed) % 250000));
			if (power.device != NULL)
				power_cut(&power);
			else
				daemon_kill(round % 3 == 0, (useconds_t)(next_random(&seed) % 20000));
		}
		for (int i = 0; i < WORKERS; i++)
			pthread_join(workers[i].thread, NULL);
		if (kill_after != 0)
			daemon_kill(false, 0);	/* it is dead, and waited for here */
		pthread_join(builder, NULL);
		if (power.device != NULL)
			power_back(&power);
		nvecs = file_nvecs();
		daemon_run(argv[1], data);
		check(workers, round == rounds, nvecs, &there);
	}
	daemon_kill(false, 0);
	for (int i = 0; i < WORKERS; i++)
		free(workers[i].items);
	printf("%llu rounds: %lu requests acknowledged, %lu repeated, %zu items there,"
	       " %lu refused, generation %lld\n", (unsigned long long)rounds, acknowledged, repeated,
	    there, refused, (long long)generation);
	return 0;
}
