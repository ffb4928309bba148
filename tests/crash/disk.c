/*
 * disk.c - the disk that forgets.
 */

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "vec.h"

#define SECTOR 512

struct entry {
	char *name;
	uint64_t node;
};

struct names {
	struct entry *list;
	size_t n;
};

/*
 * An event that is not durable yet.  A rename from one folder to another is pending in both, and both
 * have it or neither has: that is one transaction of any journal.
 */
struct pending {
	const struct event *e;
	bool lost;		/* an fsync failed over it: no later one brings it to the disk */
};

struct node {
	uint64_t number;
	bool is_folder;
	unsigned char *bytes;	/* of a file: what is durable */
	uint64_t size;
	struct names names;	/* of a folder: the same */
	struct pending *pending;
	size_t npending;
	size_t kept;		/* of a folder, in a cut: so many of them survive */
};

struct disk {
	uint64_t root;
	struct node *nodes;
	size_t n;
};

static void *
grow(void *p, size_t n, size_t size)
{
	if ((p = reallocarray(p, n + 1, size)) == NULL)
		abort();
	return p;
}

static struct node *
find(struct disk *d, uint64_t number)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->nodes[i].number == number)
			return &d->nodes[i];
	return NULL;
}

static struct node *
make(struct disk *d, uint64_t number, bool is_folder)
{
	struct node *node = find(d, number);

	if (node != NULL)
		return node;
	d->nodes = grow(d->nodes, d->n + 1, sizeof(*d->nodes));
	d->nodes[d->n] = (struct node){ .number = number, .is_folder = is_folder };
	return &d->nodes[d->n++];
}

struct disk *
disk_new(uint64_t root)
{
	struct disk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	d->root = root;
	make(d, root, true);
	return d;
}

static void
names_fini(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i].name);
	free(names->list);
	*names = (struct names){ NULL, 0 };
}

void
disk_free(struct disk *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++) {
		names_fini(&d->nodes[i].names);
		free(d->nodes[i].bytes);
		free(d->nodes[i].pending);
	}
	free(d->nodes);
	free(d);
}

/* --- names ------------------------------------------------------------------------------------ */

static void
names_remove(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->list[i].name, name) != 0)
			continue;
		free(names->list[i].name);
		names->list[i] = names->list[--names->n];
		return;
	}
}

static void
names_put(struct names *names, const char *name, uint64_t node)
{
	names_remove(names, name);
	names->list = grow(names->list, names->n + 1, sizeof(*names->list));
	names->list[names->n].node = node;
	if ((names->list[names->n++].name = strdup(name)) == NULL)
		abort();
}

static bool
is_move(const struct event *e)
{
	return e->type == EVENT_RENAME && e->other != e->node;
}

/* What an event does to the names of the folder `number`. */
static void
names_apply(struct names *names, uint64_t number, const struct event *e)
{
	if (e->type == EVENT_MAKE) {
		names_put(names, e->name, e->other);
		return;
	}
	if (e->node == number)
		names_remove(names, e->name);
	if (e->type == EVENT_RENAME && e->other == number)
		names_put(names, e->to, e->at);
}

/* --- content ------------------------------------------------------------------------------------ */

static void
resize(unsigned char **bytes, uint64_t *size, uint64_t n)
{
	*bytes = grow(*bytes, n, 1);
	if (n > *size)
		memset(*bytes + *size, 0, n - *size);
	*size = n;
}

/* What an event does to the size of a file that has `size`. */
static uint64_t
new_size(const struct event *e, uint64_t size)
{
	if (e->type == EVENT_SIZE)
		return e->n;
	return e->at + e->n > size ? e->at + e->n : size;
}

static void
apply_whole(struct node *node, const struct event *e)
{
	resize(&node->bytes, &node->size, new_size(e, node->size));
	if (e->type == EVENT_WRITE)
		memcpy(node->bytes + e->at, e->data, e->n);
}

/* The first `n` of what is pending becomes durable, unless an fsync failed over it before. */
static void
settle(struct node *node, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < node->npending; i++) {
		struct pending *p = &node->pending[i];

		if (p->lost || i >= n)
			node->pending[kept++] = *p;
		else if (node->is_folder)
			names_apply(&node->names, node->number, p->e);
		else
			apply_whole(node, p->e);
	}
	node->npending = kept;
}

static size_t
place_of(const struct node *node, const struct event *e)
{
	size_t i = 0;

	while (i < node->npending && node->pending[i].e != e)
		i++;
	return i;
}

/* What was moved into or out of this folder becomes durable in the other one too. */
static void
settle_moves(struct disk *d, const struct node *node)
{
	for (size_t i = 0; i < node->npending && node->is_folder; i++) {
		const struct event *e = node->pending[i].e;
		struct node *other;

		if (!is_move(e))
			continue;
		other = find(d, e->node == node->number ? e->other : e->node);
		if (other != NULL && place_of(other, e) < other->npending)
			settle(other, place_of(other, e) + 1);
	}
}

static void
put_pending(struct node *node, const struct event *e)
{
	if (node == NULL)
		return;		/* it was there before the first event */
	node->pending = grow(node->pending, node->npending + 1, sizeof(*node->pending));
	node->pending[node->npending++] = (struct pending){ e, false };
}

void
disk_apply(struct disk *d, const struct event *e)
{
	struct node *node;

	if (e->type == EVENT_NOTE)
		return;
	if (e->type == EVENT_MAKE)
		make(d, e->other, e->is_folder);
	if ((node = find(d, e->node)) == NULL)
		return;		/* it was there before the first event */
	if (e->type == EVENT_SYNC) {
		settle_moves(d, node);
		settle(node, node->npending);
	} else if (e->type == EVENT_SYNC_FAILED) {
		for (size_t i = 0; i < node->npending; i++)
			node->pending[i].lost = true;
	} else {
		put_pending(node, e);
		if (is_move(e))
			put_pending(find(d, e->other), e);
	}
}

/* --- the cut ------------------------------------------------------------------------------------ */

struct cut {
	struct disk *d;
	enum disk_choice choice;
	uint64_t random, print;
	bool depends;
	unsigned odds;		/* in 256: that a sector of this file survives */
};

static uint64_t
draw(struct cut *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	return c->random ^= c->random << 17;
}

/* How many of n events, in order, survive. */
static size_t
first_few(struct cut *c, size_t n)
{
	if (n > 0)
		c->depends = true;
	if (c->choice != DISK_CHANCE)
		return c->choice == DISK_ALL ? n : 0;
	switch (draw(c) >> 32 & 3) {
	case 0:
		return n;
	case 1:
		return 0;
	default:
		return (draw(c) >> 32) % (n + 1);
	}
}

static bool
survives(struct cut *c)
{
	if (c->choice != DISK_CHANCE)
		return c->choice == DISK_ALL;
	return (draw(c) >> 32 & 0xff) < c->odds;
}

static void
print(struct cut *c, const void *p, size_t n)
{
	c->print = (uint64_t)vec_crc32c((uint32_t)c->print, p, n) |
	    (uint64_t)vec_crc32c((uint32_t)(c->print >> 32) ^ 0x9e3779b9u, p, n) << 32;
}

/* Write the sectors of `e` that survive, as far as the file reaches. */
static void
write_sectors(struct cut *c, const struct event *e, unsigned char *bytes, uint64_t size)
{
	uint64_t at = e->at, end = e->at + e->n, next;

	for (; at < end; at = next) {
		next = (at / SECTOR + 1) * SECTOR;
		if (next > end)
			next = end;
		if (survives(c) && at < size)
			memcpy(bytes + at, e->data + (at - e->at), (next < size ? next : size) - at);
	}
}

static void
cut_file(struct cut *c, const struct node *node, const char *path)
{
	static const unsigned odds[] = { 128, 128, 20, 236, 0, 256 };
	size_t sized = first_few(c, node->npending);
	unsigned char *bytes = grow(NULL, node->size, 1);
	uint64_t size = node->size;
	int fd;

	c->odds = odds[(draw(c) >> 32) % (sizeof(odds) / sizeof(odds[0]))];
	if (size > 0)
		memcpy(bytes, node->bytes, size);
	for (size_t i = 0; i < node->npending; i++) {
		const struct event *e = node->pending[i].e;

		if (i < sized)
			resize(&bytes, &size, new_size(e, size));
		if (e->type == EVENT_WRITE)
			write_sectors(c, e, bytes, size);
	}
	print(c, &size, sizeof(size));
	print(c, bytes, size);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
		abort();
	free(bytes);
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Choose for all folders; a move that one of two would lose, both lose. */
static void
choose_names(struct cut *c)
{
	bool again = true;

	for (size_t i = 0; i < c->d->n; i++)
		if (c->d->nodes[i].is_folder)
			c->d->nodes[i].kept = first_few(c, c->d->nodes[i].npending);
	while (again) {
		again = false;
		for (size_t i = 0; i < c->d->n; i++) {
			const struct node *node = &c->d->nodes[i];

			for (size_t k = node->kept; node->is_folder && k < node->npending; k++) {
				const struct event *e = node->pending[k].e;
				struct node *other = find(c->d, e->node == node->number ? e->other : e->node);

				if (!is_move(e) || other == NULL || place_of(other, e) >= other->kept)
					continue;
				other->kept = place_of(other, e);
				again = true;
			}
		}
	}
}

static void
cut_folder(struct cut *c, const struct node *node, const char *path)
{
	struct names names = { NULL, 0 };
	char below[512];

	for (size_t i = 0; i < node->names.n; i++)
		names_put(&names, node->names.list[i].name, node->names.list[i].node);
	for (size_t i = 0; i < node->kept; i++)
		names_apply(&names, node->number, node->pending[i].e);
	if (names.n > 0)
		qsort(names.list, names.n, sizeof(*names.list), compare_entries);
	for (size_t i = 0; i < names.n; i++) {
		const struct node *child = find(c->d, names.list[i].node);

		assert(child != NULL);
		print(c, names.list[i].name, strlen(names.list[i].name) + 1);
		snprintf(below, sizeof(below), "%s/%s", path, names.list[i].name);
		if (!child->is_folder) {
			cut_file(c, child, below);
			continue;
		}
		if (mkdir(below, 0700) != 0)
			abort();
		cut_folder(c, child, below);
	}
	names_fini(&names);
}

bool
disk_cut(struct disk *d, enum disk_choice choice, uint64_t seed, const char *to, uint64_t *out)
{
	struct cut c = { .d = d, .choice = choice, .random = seed * 0x9e3779b97f4a7c15u + 1,
		.print = 1 };

	draw(&c);
	choose_names(&c);
	cut_folder(&c, find(d, d->root), to);
	*out = c.print;
	return c.depends;
}
