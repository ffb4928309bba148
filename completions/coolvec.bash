# bash completion for coolvec; written by: coolvec completion bash

_coolvec()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' words='' choices='' anyfile='' i
	local options='' files='' values=''

	options+=' --socket --env -c --collection --token-file --json -q --quiet -h --help --version '
	files+=' --socket --env --token-file '
	values+=' --socket --env -c --collection --token-file '

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ $values == *" ${COMP_WORDS[i]} "* ]]; then
			((i++))
		elif [[ ${COMP_WORDS[i]} != -* ]]; then
			command+=${command:+ }${COMP_WORDS[i]}
			[[ $command == collection ]] || break
		fi
	done

	case $command in
	'')
		words='register login logout passwd whoami prefs add similarity search distance get list count update delete embed import export collection stats verify compact reindex snapshot ping repl completion help version' ;;
	collection)
		words='create list show drop' ;;
	'register')
		options+=' --password-file '
		files+=' --password-file '
		values+=' --password-file ' ;;
	'login')
		options+=' --password-file '
		files+=' --password-file '
		values+=' --password-file ' ;;
	'logout') ;;
	'passwd')
		options+=' --password-file --new-password-file '
		files+=' --password-file --new-password-file '
		values+=' --password-file --new-password-file ' ;;
	'whoami') ;;
	'prefs')
		options+=' --metric '
		files+=' '
		values+=' --metric ' ;;
	'add')
		options+=' --jsonl -0 --null --key --meta --vector --progress '
		files+=' --vector '
		values+=' --key --meta --vector ' ;;
	'similarity')
		options+=' --text --vector -k --k --ef --exact --metric --fields --where -0 --null '
		files+=' --vector '
		values+=' --text --vector -k --k --ef --metric --fields --where ' ;;
	'search')
		options+=' -k --k --ef --exact --metric --fields --where -0 --null '
		files+=' '
		values+=' -k --k --ef --metric --fields --where ' ;;
	'distance')
		options+=' --metric '
		files+=' '
		values+=' --metric ' ;;
	'get')
		options+=' --vector --fields -0 --null '
		files+=' '
		values+=' --fields ' ;;
	'list'|'ls')
		options+=' --where --limit --after --fields '
		files+=' '
		values+=' --where --limit --after --fields ' ;;
	'count')
		options+=' --where '
		files+=' '
		values+=' --where ' ;;
	'update')
		options+=' --text --meta --vector '
		files+=' --vector '
		values+=' --text --meta --vector ' ;;
	'delete'|'rm')
		options+=' --key --where -0 --null '
		files+=' '
		values+=' --key --where ' ;;
	'embed')
		options+=' --base64 -0 --null --progress '
		files+=' '
		values+=' ' ;;
	'import')
		anyfile=yes
		options+=' --format --key --progress '
		files+=' '
		values+=' --format --key ' ;;
	'export')
		anyfile=yes
		options+=' --format --progress '
		files+=' '
		values+=' --format ' ;;
	'collection create')
		options+=' --metric --dim --embedder --codes -M --M --ef-construction '
		files+=' '
		values+=' --metric --dim --embedder --codes -M --M --ef-construction ' ;;
	'collection list'|'collection ls') ;;
	'collection show') ;;
	'collection drop')
		options+=' --yes '
		files+=' '
		values+=' ' ;;
	'stats') ;;
	'verify')
		options+=' --full --repair '
		files+=' '
		values+=' ' ;;
	'compact')
		options+=' --no-wait '
		files+=' '
		values+=' ' ;;
	'reindex')
		options+=' --embedder --dim --metric --cancel --no-wait '
		files+=' '
		values+=' --embedder --dim --metric ' ;;
	'snapshot') ;;
	'ping') ;;
	'repl')
		options+=' -e --execute -f --file '
		files+=' -f --file '
		values+=' -e --execute -f --file ' ;;
	'completion')
		words='bash zsh fish' ;;
	'help')
		words='register login logout passwd whoami prefs add similarity search distance get list count update delete embed import export collection stats verify compact reindex snapshot ping repl completion help version' ;;
	'version') ;;
	esac

	case $prev in
	--metric) choices='cosine l2 ip l1' ;;
	--fields) choices='text key meta' ;;
	--embedder) choices='local gemini openai none' ;;
	--codes) choices='fast small' ;;
	--format) choices='fvecs npy jsonl tsv' ;;
	esac

	if [[ -n $choices ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	elif [[ $files == *" $prev "* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	elif [[ $values == *" $prev "* ]]; then
		COMPREPLY=()
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	elif [[ -n $anyfile ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}
complete -o filenames -F _coolvec coolvec
