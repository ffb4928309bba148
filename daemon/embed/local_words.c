/*
 * local_words.c - function words by language.
 *
 * Each language has the words that hold its sentences together (FAINT), then those that say who,
 * when and how much (LIGHT).  English, the language the weights were measured in, has two more
 * grades: negations (HALF), and the most common words with a meaning of their own (COMMON), which
 * tell texts apart a little.  Words are folded as texts are, so "für" also stands for "fur".
 *
 * A word that another language here uses with a meaning (German "die", French "son") is damped
 * where its language has won, but has no vote: then neither "die hard" nor "son of a gun" is taken
 * for a foreign language.  Chinese and Japanese are written without spaces and list single
 * characters; kana all vote for Japanese, and so keep apart what both write with.
 */

#include <stddef.h>

#include "local_words.h"

enum {
	FAINT = 26,		/* 0.1, in 256ths */
	LIGHT = 102,		/* 0.4 */
	HALF = 128,		/* 0.5 */
	COMMON = 154,		/* 0.6 */
};

const struct word_list word_lists[] = {
	{ LANG_EN, FAINT, true,
	    "the a an of and to in is on at for with by from are as it its this that be was "
	    "were has have had been s" },
	{ LANG_EN, LIGHT, true,
	    "he she they his her their him them i you we me my your our us who which what when "
	    "where while there here these those or but if than then so into onto over under up "
	    "down out off about after before between through during against among around near "
	    "some any all each other another such can could will would shall should may might "
	    "must do does did am being it also just very more most too only own both few how "
	    "why because until since upon within toward towards across along behind beside "
	    "next isn aren wasn doesn didn ll re ve" },
	{ LANG_EN, HALF, true, "not no nor never cannot without none nothing" },
	{ LANG_EN, HALF, false, "t" },
	{ LANG_EN, COMMON, false,
	    "one man woman people person men women say said says get gets getting go goes "
	    "going make makes made take takes taking new year years time day way use using "
	    "used like well back two first last see look still even many much now" },
	{ LANG_DE, FAINT, true,
	    "der das den dem des ein eine einen einem einer eines und ist sind im ins zu zum "
	    "zur von vom mit für auf aus bei nach sich es wird wurde wurden haben hatte" },
	{ LANG_DE, FAINT, false, "die in an am war hat" },
	{ LANG_DE, LIGHT, true,
	    "er sie wir ihr ich du mich mir dich dir ihm ihn ihnen uns euch sein seine seinen "
	    "ihre ihren mein meine dein deine oder aber wenn als wie dass ob weil denn noch "
	    "auch nur sehr schon über unter vor zwischen durch gegen ohne bis seit kann können "
	    "muss werden worden nicht kein keine diese dieser dieses dort dann" },
	{ LANG_DE, LIGHT, false, "was so man um hier da bin bist also" },
	{ LANG_FR, FAINT, true,
	    "le la les un une des du de et est sont à au aux en dans que qui ce cette ces il "
	    "elle l d qu se sa ses être avoir ont était" },
	{ LANG_FR, FAINT, false, "on a son par pour sur s n c j" },
	{ LANG_FR, LIGHT, true,
	    "je tu nous vous ils elles mon ma mes ton ta tes notre votre leur leurs lui y ou "
	    "où mais si avec sans sous entre vers chez comme quand très aussi encore déjà ne "
	    "pas cet quel quelle" },
	{ LANG_FR, LIGHT, false, "plus tout tous me te moi toi car or donc" },
	{ LANG_ES, FAINT, true,
	    "el la los las un una unos unas de del y en que es son al lo se su sus por para ha "
	    "han está están fue era ser" },
	{ LANG_ES, FAINT, false, "a con e o" },
	{ LANG_ES, LIGHT, true,
	    "yo tú él ella ellos ellas nosotros usted mi mis tu tus nos les le te pero si como "
	    "cuando donde muy más también ya sobre entre hasta desde este esta estos estas ese "
	    "esa eso qué hay" },
	{ LANG_ES, LIGHT, false, "no me sin" },
	{ LANG_IT, FAINT, true,
	    "il lo la gli le un uno una di del della dei delle dal dalla e è sono nel nella "
	    "che si al alla ai su sul sulla da l d ha hanno era" },
	{ LANG_IT, FAINT, false, "i a in con per" },
	{ LANG_IT, LIGHT, true,
	    "io tu lui lei noi voi loro mio mia tuo tua suo sua ma se quando dove molto più "
	    "anche già questo questa questi queste quello quella non ci ne mi ti perché tra "
	    "fra" },
	{ LANG_IT, LIGHT, false, "come o" },
	{ LANG_PT, FAINT, true,
	    "o os um uma uns umas de do da dos das e em no na nos nas que é são ao à se seu "
	    "sua por pelo pela para com foi era ser está estão" },
	{ LANG_PT, FAINT, false, "a as" },
	{ LANG_PT, LIGHT, true,
	    "eu ele ela eles elas você nós meu minha teu mas ou como quando onde muito mais "
	    "também já sobre entre até desde este esta esse essa isso não sem" },
	{ LANG_PT, LIGHT, false, "me te" },
	{ LANG_NL, FAINT, true,
	    "de het een en van te dat op aan met voor er zijn wordt werd bij uit om naar heeft "
	    "hebben is" },
	{ LANG_NL, FAINT, false, "die in was had of" },
	{ LANG_NL, LIGHT, true,
	    "ik jij je hij zij ze wij jullie mijn zijn haar hun ons maar als dan nog ook wel "
	    "niet geen deze dit zo tot zonder tussen" },
	{ LANG_NL, LIGHT, false, "we over door me u" },
	{ LANG_RU, FAINT, true,
	    "и в во на с со к по из у о от за до для не что как это он она оно они а был была "
	    "было были" },
	{ LANG_RU, LIGHT, true,
	    "я ты мы вы его её их мне меня тебя нас вас мой моя наш ваш свой но или если когда "
	    "где то же бы ли уже ещё только очень так там тут при над под без между этот эта "
	    "эти тот кто который" },
	{ LANG_AR, FAINT, true, "في من على إلى عن أن إن و هو هي ما لا قد كان كانت التي الذي مع" },
	{ LANG_AR, LIGHT, true, "هذا هذه ذلك تلك هم نحن أنا أنت كل بعد قبل بين أو ثم لم لن" },
	{ LANG_ZH, FAINT, true, "的 了 是 在 着 和 与 們 们 把 被 个 個 這 这 吗 嗎 呢 吧" },
	{ LANG_ZH, FAINT, false, "一 有 就 也 都" },
	{ LANG_ZH, LIGHT, true, "我 你 他 她 它 那 很 不 没 沒 会 會 要" },
	{ LANG_JA, LIGHT, false, "私 僕 俺 彼 君" },
};

const unsigned word_lists_n = sizeof(word_lists) / sizeof(word_lists[0]);
