/*
 * main.c - coolvecd: options, settings, and the daemon's life.
 */

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"
#include "daemon.h"
#include "embed_cache.h"
#include "fault.h"
#include "file.h"
#include "log.h"
#include "num.h"
#include "restore.h"
#include "server.h"
#include "sock.h"
#include "wire.h"
#include "words_import.h"

enum { OPT_READY_FD = 256, OPT_GROUP, OPT_INIT, OPT_MIGRATE, OPT_YES, OPT_LOG_LEVEL,
	OPT_RESTORE, OPT_IMPORT_WORDS, OPT_MOVE, OPT_ROTATE_KEY, OPT_SANDBOX };

struct options {
	const char *env, *data, *socket, *group, *log_level, *restore, *words, *name, *sandbox;
	const char *from, *to;		/* of --move-metadata */
	bool must_env;
	int ready_fd;
	bool init, migrate, rotate, yes;
};

static const struct option long_options[] = {
	{ "env", required_argument, NULL, 'e' },
	{ "data", required_argument, NULL, 'd' },
	{ "socket", required_argument, NULL, 's' },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "ready-fd", required_argument, NULL, OPT_READY_FD },
	{ "init", no_argument, NULL, OPT_INIT },
	{ "migrate", no_argument, NULL, OPT_MIGRATE },
	{ "restore", required_argument, NULL, OPT_RESTORE },
	{ "move-metadata", required_argument, NULL, OPT_MOVE },
	{ "import-words", required_argument, NULL, OPT_IMPORT_WORDS },
	{ "rotate-key", no_argument, NULL, OPT_ROTATE_KEY },
	{ "sandbox", required_argument, NULL, OPT_SANDBOX },
	{ "yes", no_argument, NULL, OPT_YES },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
usage(FILE *f)
{
	fputs("usage: coolvecd [--env FILE] [--data DIR] [--socket PATH] [--group GROUP]\n"
	      "                [--log-level LEVEL] [--ready-fd N] [--sandbox auto|require|no]\n"
	      "       coolvecd --init            make the data folder and its metadata, and exit\n"
	      "       coolvecd --migrate [--yes] remove all data and begin anew, after asking\n"
	      "       coolvecd --rotate-key      make a new key for tokens, keep the old one for a while\n"
	      "       coolvecd --restore DIR     make the data folder of a snapshot, and exit\n"
	      "       coolvecd --move-metadata FROM TO\n"
	      "                                  move the metadata, each is sqlite or postgresql://...,\n"
	      "                                  and exit\n"
	      "       coolvecd --import-words FILE|- NAME\n"
	      "                                  make a table for the embedder words, and exit\n"
	      "\n"
	      "Settings, from the environment, else from .env (default in brackets):\n", f);
	settings_help(f);
}

static int
parse(int argc, char **argv, struct options *o)
{
	uint64_t fd;
	int c;

	*o = (struct options){ .env = ".env", .ready_fd = -1 };
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (c) {
		case 'e':
			o->env = optarg;
			o->must_env = true;
			break;
		case 'd': o->data = optarg; break;
		case 's': o->socket = optarg; break;
		case OPT_GROUP: o->group = optarg; break;
		case OPT_LOG_LEVEL: o->log_level = optarg; break;
		case OPT_INIT: o->init = true; break;
		case OPT_MIGRATE: o->migrate = true; break;
		case OPT_RESTORE: o->restore = optarg; break;
		case OPT_MOVE: o->from = optarg; break;
		case OPT_IMPORT_WORDS: o->words = optarg; break;
		case OPT_ROTATE_KEY: o->rotate = true; break;
		case OPT_SANDBOX: o->sandbox = optarg; break;
		case OPT_YES: o->yes = true; break;
		case OPT_READY_FD:
			if (!num_parse(optarg, 0, 1 << 20, &fd)) {
				fprintf(stderr, "coolvecd: --ready-fd needs a descriptor\n");
				return EXIT_USAGE;
			}
			o->ready_fd = (int)fd;
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_DONE);
		case 'V':
			printf("coolvecd %s\n", COOLVEC_VERSION);
			exit(EXIT_DONE);
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (o->from != NULL && optind < argc)
		o->to = argv[optind++];
	if (o->from != NULL && o->to == NULL) {
		fprintf(stderr, "coolvecd: --move-metadata needs where from and where to\n");
		return EXIT_USAGE;
	}
	if (o->words != NULL) {
		if (optind == argc) {
			fprintf(stderr, "coolvecd: --import-words needs a name after the file\n");
			return EXIT_USAGE;
		}
		o->name = argv[optind++];
	}
	if (optind < argc) {
		fprintf(stderr, "coolvecd: unexpected argument %s\n", argv[optind]);
		return EXIT_USAGE;
	}
	return 0;
}

static void
warn_unknown(const char *name)
{
	log_warn("there is no setting %s", name);
}

/* A flag is above the environment, which is above .env. */
static int
load(const struct options *o, struct env **env, struct settings *s, struct err *err)
{
	if ((o->data != NULL && setenv("VEC_DB_PATH", o->data, 1) != 0) ||
	    (o->socket != NULL && setenv("COOLVEC_SOCKET", o->socket, 1) != 0) ||
	    (o->sandbox != NULL && setenv("COOLVEC_SANDBOX", o->sandbox, 1) != 0) ||
	    (o->log_level != NULL && setenv("COOLVEC_LOG_LEVEL", o->log_level, 1) != 0))
		return err_set(err, -1, "no memory for the options");
	if (env_load(o->env, o->must_env, env, err) != 0)
		return -1;
	return settings_load(s, *env, warn_unknown, err);
}

static enum log_level
level_of(const char *name)
{
	assert(name != NULL);	/* it has a default */
	return strcmp(name, "error") == 0 ? LOG_ERROR :
	    strcmp(name, "warn") == 0	  ? LOG_WARN :
	    strcmp(name, "debug") == 0	  ? LOG_DEBUG : LOG_INFO;
}

/* --- --init and --migrate ---------------------------------------------------------------------- */

static bool
confirm(const struct settings *s)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO)) {
		fprintf(stderr, "coolvecd: --migrate removes all users, texts and vectors in %s; say"
		    " --yes\n", s->data);
		return false;
	}
	fprintf(stderr, "Remove all users, texts and vectors in %s? [y/N] ", s->data);
	return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int
reset(const struct settings *s, struct meta *m, struct err *err)
{
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s/collections", s->data);
	if (meta_reset(m, err) != 0)
		return -1;
	embed_cache_remove(s->data);
	return file_remove_tree(folder, err);
}

static int
administer(const struct options *o, const struct settings *s, struct err *err)
{
	struct meta *m = NULL;
	int lock, rc = -1;

	if (o->migrate && !o->yes && !confirm(s))
		return err_set(err, -1, "nothing was changed");
	if ((lock = daemon_lock(s->data, err)) < 0)
		return -1;
	if (meta_open(s->db_uri, s->data, &m, err) == 0 && (!o->migrate || reset(s, m, err) == 0)) {
		printf("%s: metadata schema %d\n", s->data, meta_schema(m));
		rc = 0;
	}
	meta_close(m);
	close(lock);
	return rc;
}

static int
rotate(const struct settings *s, struct err *err)
{
	int rc, lock = daemon_lock(s->data, err);

	if (lock < 0)
		return -1;
	if ((rc = keys_rotate(s, err)) == 0)
		printf("%s/secret.key is new; tokens of the one before are taken until they expire\n",
		    s->data);
	close(lock);
	return rc;
}

/* Make the data folder of a snapshot.  Metadata elsewhere than in it is not a snapshot's to replace. */
static int
restore(const struct options *o, const struct settings *s, struct err *err)
{
	struct restored r;
	char when[32] = "?";
	struct tm tm;
	time_t t;

	if (s->db_uri != NULL)
		return err_set(err, -1, "DB_URI is set, and a snapshot holds the metadata itself: unset it");
	if (restore_data(o->restore, s->data, &r, err) != 0)
		return -1;
	t = (time_t)r.created;
	if (gmtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("%s: %zu files, %llu bytes, as of %s\n", s->data, r.files,
	    (unsigned long long)r.bytes, when);
	return 0;
}

/* The word sqlite is the folder's own; the rest are URIs. */
static const char *
uri_of(const char *word)
{
	return strcmp(word, "sqlite") == 0 ? NULL : word;
}

static int
move_metadata(const struct options *o, const struct settings *s, struct err *err)
{
	bool to_sqlite = uri_of(o->to) == NULL;
	int lock, rc = -1;

	if ((lock = daemon_lock(s->data, err)) < 0)
		return -1;
	if (meta_move(uri_of(o->from), uri_of(o->to), s->data, err) == 0) {
		printf("%s: the metadata is in %s now: %s\n", s->data,
		    to_sqlite ? "SQLite" : "PostgreSQL", to_sqlite ? "unset DB_URI" : "set DB_URI");
		rc = 0;
	}
	close(lock);
	return rc;
}

/* A table of words is a file of its own: neither the daemon's lock nor the metadata is needed. */
static int
import_words(const struct options *o, const struct settings *s, struct err *err)
{
	bool is_stdin = strcmp(o->words, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(o->words, "re");
	struct words_imported w;
	int rc;

	if (f == NULL)
		return err_sys(err, -1, errno, "cannot open %s", o->words);
	rc = words_import(f, is_stdin ? "standard input" : o->words, s->data, o->name, &w, err);
	if (rc == 0)
		printf("%s: %llu of %llu words (%llu fold to one before them, %llu no text holds, %llu are"
		    " not UTF-8), %u components, %zu bytes\n", w.path, (unsigned long long)w.kept,
		    (unsigned long long)w.read, (unsigned long long)w.twice,
		    (unsigned long long)w.unfit, (unsigned long long)w.odd, (unsigned)w.dim, w.bytes);
	if (!is_stdin)
		fclose(f);
	return rc;
}

/* --- serving ----------------------------------------------------------------------------------- */

/* Is standard error the journal?  systemd says which file that would be; it may be inherited. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* 1,024 connections and two descriptors a collection want more than the usual soft limit. */
static void
raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int
serve(const struct options *o, const struct settings *s, struct err *err)
{
	struct server_options so = { .group = o->group, .ready_fd = o->ready_fd };
	struct daemon d;
	char path[128];
	int rc;

	if (sock_path(s->socket, true, path, sizeof(path), err) != 0 ||
	    file_mkdirs(s->data, 0700, err) != 0 || confine(s, path, err) != 0 ||
	    daemon_start(s, &d, err) != 0)
		return -1;
	so.path = path;
	fault_guard();
	rc = server_run(&d, &so, err);
	daemon_stop(&d);
	if (rc == 0)
		log_info("stopped");
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct settings s = { 0 };
	struct env *env = NULL;
	struct err err;
	int rc;

	if ((rc = parse(argc, argv, &o)) != 0)
		return rc;
	wire_forget();
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	log_init(LOG_INFO, is_journal());
	if ((rc = load(&o, &env, &s, &err)) == 0) {
		log_init(level_of(s.log_level), is_journal());
		raise_limits();
		if (o.restore != NULL)
			rc = restore(&o, &s, &err);
		else if (o.rotate)
			rc = rotate(&s, &err);
		else if (o.from != NULL)
			rc = move_metadata(&o, &s, &err);
		else if (o.words != NULL)
			rc = import_words(&o, &s, &err);
		else
			rc = o.init || o.migrate ? administer(&o, &s, &err) : serve(&o, &s, &err);
		settings_fini(&s);
	}
	env_free(env);
	if (rc != 0)
		fprintf(stderr, "coolvecd: %s\n", err.text);
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}
