// Drives npm's matomo-tracker: single requests, one after the other, then a bulk request.
'use strict';

const http = require('http');
const MatomoTracker = require('matomo-tracker');

const [address, token] = process.argv.slice(2);
const statuses = [];
const errors = [];

// The client tells nobody when a request was answered.
let answered = () => {};
const agent = {
  get: (url, onAnswer) =>
    http.get(url, (answer) => {
      onAnswer(answer);
      statuses.push(answer.statusCode);
      answer.resume().on('end', () => answered());
    }),
  request: http.request.bind(http),
};

function tracker(path) {
  const made = new MatomoTracker(7, `${address}/${path}`);
  made.agent = agent;
  made.on('error', (status) => errors.push(status));
  return made;
}

function track(made, parameters) {
  return new Promise((resolve) => {
    answered = resolve;
    made.track(parameters);
  });
}

async function main() {
  const client = tracker('matomo.php');
  const visitor = { _id: '0123456789abcdef', uid: 'user-7' };
  const shop = 'https://shop.example';
  await track(client, {
    ...visitor,
    url: `${shop}/tea?utm_source=news&utm_campaign=spring#top`,
    action_name: 'Tea / Grün & fresh + 100%',
    urlref: 'https://search.example/?q=tea',
    lang: 'de-DE,de;q=0.9',
    res: '1280x1024',
    dimension3: 'red',
    cvar: JSON.stringify({ 1: ['tier', 'gold'], 2: ['size', 'L'] }),
    rand: '12345',
  });
  await track(client, {
    ...visitor,
    url: `${shop}/done`,
    idgoal: 0,
    ec_id: 'A-1',
    revenue: 42.5,
    ec_st: 35,
    ec_tx: 3.5,
    ec_sh: 4,
    ec_dt: 1,
    ec_items: JSON.stringify([
      ['S-1', 'Green tea', ['Drinks', 'Hot'], 10, 2],
      ['S-2', 'Cup', 'Kitchen', '15.0', 1],
    ]),
  });
  await track(tracker('piwik.php'), `${shop}/old`);
  await track(client, {
    url: `${shop}/from-elsewhere`,
    _id: 'fedcba9876543210',
    token_auth: token,
    cip: '198.51.100.7',
    cdt: '1600000000',
  });
  await track(client, { url: `${shop}/forged`, cip: '198.51.100.7' });
  const bulk = await new Promise((resolve) =>
    client.trackBulk(
      [
        { ...visitor, url: `${shop}/video`, e_c: 'Video', e_a: 'Play', e_n: 'Intro', e_v: 7.5 },
        { ...visitor, url: `${shop}/search`, search: 'cup', search_cat: 'Kitchen', search_count: 0 },
        { ...visitor, url: `${shop}/out`, link: 'https://elsewhere.example/' },
        { ...visitor, url: `${shop}/file`, download: 'https://shop.example/list.pdf' },
        { ...visitor, url: `${shop}/short`, cid: 'short' },
      ],
      resolve,
    ),
  );
  process.stdout.write(JSON.stringify({ statuses, errors, bulk: JSON.parse(bulk) }));
}

main();
