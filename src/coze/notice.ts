/**
 * Quota and outage notices that Coze sends as ordinary answers. They are shown, but must not enter a history: the bot would
 * read them as its own words. Known from coze-discord-proxy, which met them in the hosted Discord app.
 */

/** No notice is longer; a real answer that merely speaks of limits usually is. */
const LONGEST = 400;

const NOTICES: readonly RegExp[] = [
  /^you(?:'|’)?(?:ve| have) reached (?:the|your) (?:daily|monthly|message|usage)\b.*\blimit/i,
  /^(?:your|the) (?:daily|monthly|message) (?:message )?limit (?:has been|was|is) (?:reached|exceeded)/i,
  /\bcredits? (?:balance )?(?:has|have|is|are) (?:been )?(?:used up|exhausted|run out|insufficient)/i,
  /^(?:the )?(?:bot )?developer(?:'|’)s? (?:coze )?credits? .*(?:exhausted|used up|run out|insufficient)/i,
  /^(?:we(?:'|’)?ve detected|sorry, we(?:'|’)?ve detected|there is) unusual (?:traffic|activity)/i,
  /^(?:sorry, )?(?:there are )?too many (?:users|people|requests) (?:are using|now|right now|at the moment|online)/i,
  /^(?:sorry, )?something(?: went|'s gone) wrong[.,!]?(?: please)? (?:try again|retry)/i,
  /^(?:今日|今天|当前|您的|你的).{0,20}(?:次数|额度|消息|对话).{0,10}(?:已达|达到|已用完|用尽|用完|上限)/,
  /(?:积分|额度|资源点|余额)(?:已|均已)?(?:耗尽|用完|用尽|不足)/,
  /^(?:抱歉|对不起)?[，,]?\s*(?:当前)?(?:使用|访问)(?:人数|用户)(?:过多|太多)/,
];

/** True when a whole answer is such a notice. */
export function isNotice(answer: string): boolean {
  const words = answer.trim();
  return words.length > 0 && words.length <= LONGEST && NOTICES.some((notice) => notice.test(words));
}
