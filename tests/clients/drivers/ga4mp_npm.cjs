// Drives npm's @analytics-debugger/ga4mp: one event after the other, each when the one before was answered.
'use strict';

const http = require('http');
const ga4mp = require('@analytics-debugger/ga4mp/dist/ga4mp.umd.js');

const [endpoint] = process.argv.slice(2);
const statuses = [];
const get = http.get;
let answered = () => {};

// The client gives up after half a second, which a busy machine may take, and tells nobody of the answer.
http.get = (url, options, onAnswer) =>
  get(url, { ...options, timeout: 30000 }, (answer) => {
    answer.on('end', () => {
      statuses.push(answer.statusCode);
      answered();
    });
    onAnswer(answer);
  });

async function track(client, name, parameters, requests = 1) {
  let missing = requests;
  const all = new Promise((resolve) => {
    answered = () => --missing || resolve();
  });
  client.trackEvent(name, parameters);
  await all;
}

async function main() {
  const client = ga4mp(['G-NPM'], {
    endpoint,
    mode: 'node',
    client_id: '1234567890.1700000000',
    session_id: 1760000000,
    session_number: 3,
    user_id: 'user-7',
  });
  await track(client, 'page_view', {
    page_location: 'https://shop.example/green tea?utm_source=news&utm_medium=email&utm_campaign=spring',
    page_title: 'Tea & cake + 100%',
    page_referrer: 'https://search.example/?q=tea',
    language: 'de-de',
    screen_resolution: '800x600',
  });
  client.setUserProperty('plan', 'gold');
  client.setUserProperty('visits', 8);
  client.setEventsParameter('theme', 'dark');
  await track(client, 'note', { text: 'café ☕', count: 3, ratio: -0.5, yes: true, many: [1, 'two'], empty: '' });
  await track(client, 'view_item', {
    items: [{ item_id: 'S-1', item_name: 'Tea~Time', price: 3, size: 'L', weight: 250 }],
  });
  await track(client, 'purchase', {
    currency: 'EUR',
    value: 42.5,
    tax: 3.5,
    shipping: 4,
    transaction_id: 'T-1',
    coupon: 'TEN',
    items: [
      {
        item_id: 'S-1',
        item_name: 'Green tea',
        item_brand: 'Leaf',
        item_category: 'Drinks',
        item_category2: 'Hot',
        item_variant: '100 g',
        price: 10,
        quantity: 2,
        discount: 1.5,
        coupon: 'FIVE',
        size: 'L',
      },
      { item_id: 'S-2', item_name: 'Cup', price: 22.5 },
    ],
  });
  const twins = ga4mp(['G-TWIN-1', 'G-TWIN-2'], { endpoint, mode: 'node', client_id: '77.1700000000' });
  await track(twins, 'sign_up', { method: 'mail' }, 2);
  process.stdout.write(JSON.stringify({ statuses }));
}

main();
