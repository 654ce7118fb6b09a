// ==UserScript==
// @name         Real Coze: download a bot's config
// @name:zh-CN   Real Coze：下载机器人配置
// @description  Adds a button to Coze's bot editor that saves the bot as config.json, ready for bots/NAME/.
// @description:zh-CN  在 Coze 机器人编辑页面添加按钮，把机器人保存为 config.json，放入 bots/NAME/ 即可。
// @version      1.0.0
// @license      MIT
// @match        https://www.coze.com/*
// @match        https://www.coze.cn/*
// @grant        none
// @run-at       document-start
// ==/UserScript==

/*
 * The editor saves a draft by itself whenever something in it changes: POST /api/draftbot/update, whose body is the whole
 * bot. The script keeps a copy of the newest such body and lets the request pass untouched, so nothing is published,
 * swallowed or clicked. The button downloads the copy; while there is none, it says how to get one.
 *
 * Works whatever the language of the page is, whether the page uses fetch or XMLHttpRequest, and after moving from one
 * bot to another without a reload. Nothing is sent anywhere. Only `window`'s two ways of sending are watched.
 */
(() => {
  'use strict';

  const SAVE_PATH = /\/api\/draftbot\/update(\?|$)/;
  const BOT_PAGE = /\/space\/(\d+)\/bot\/(\d+)/;
  const texts = /^zh/i.test(navigator.language)
    ? {
        button: '下载 config.json',
        none: '还没有看到这个机器人的配置。请在编辑器里改动一处（例如在人设末尾加一个空格），等它自动保存后再点一次。',
      }
    : {
        button: 'Download config.json',
        none: 'The config of this bot has not been seen yet. Change something in the editor (a space at the end of the prompt will do), wait until it is saved, and press again.',
      };

  /** The newest saved body of each bot, by bot id. */
  const seen = new Map();

  /** Keeps a body if it is a bot. Whatever goes wrong here must not disturb the page. */
  function keep(url, body) {
    try {
      if (typeof body !== 'string' || !SAVE_PATH.test(String(url))) return;
      const config = JSON.parse(body);
      if (config === null || typeof config !== 'object' || typeof config.work_info !== 'object') return;
      const id = String(config.bot_id ?? currentBot() ?? '');
      // The editor saves parts; together they make the whole.
      const before = seen.get(id);
      seen.set(id, { ...before, ...config, work_info: { ...before?.work_info, ...config.work_info } });
      showButton();
    } catch {}
  }

  function currentBot() {
    return BOT_PAGE.exec(location.pathname)?.[2];
  }

  const { open, send } = XMLHttpRequest.prototype;
  const addresses = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    addresses.set(this, url);
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    keep(addresses.get(this), body);
    return send.call(this, body);
  };

  const { fetch } = window;
  window.fetch = function (input, init) {
    if (input instanceof Request && init?.body === undefined) {
      if (SAVE_PATH.test(input.url)) input.clone().text().then((body) => keep(input.url, body), () => {});
    } else keep(input instanceof Request ? input.url : input, init?.body);
    return fetch.call(this, input, init);
  };

  function download() {
    const config = seen.get(currentBot());
    if (config === undefined) return alert(texts.none);
    const blob = new Blob([`${JSON.stringify(config, null, 2)}\n`], { type: 'application/json' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = 'config.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = texts.button;
  button.style.cssText =
    'position:fixed;right:16px;bottom:16px;z-index:99999;padding:8px 14px;border:0;border-radius:8px;' +
    'background:#4e40e5;color:#fff;font:500 14px system-ui;cursor:pointer;box-shadow:0 2px 8px #0004';
  button.addEventListener('click', download);

  /** The page may throw the button away when it redraws, and must not show it on other pages. */
  function showButton() {
    const wanted = currentBot() !== undefined;
    if (wanted && !button.isConnected) document.body?.append(button);
    if (!wanted) button.remove();
    button.style.opacity = seen.has(currentBot()) ? '1' : '0.6';
  }

  setInterval(showButton, 1_000);
})();
