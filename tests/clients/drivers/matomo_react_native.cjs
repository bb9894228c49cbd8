// Drives npm's matomo-tracker-react-native. Of the package only the class is loaded: the rest needs React.
'use strict';

const { readFileSync } = require('fs');

const [address] = process.argv.slice(2);
const source = readFileSync(require.resolve('matomo-tracker-react-native/src/MatomoTracker.js'));
const statuses = [];

async function main() {
  const { default: Tracker } = await import(`data:text/javascript;base64,${source.toString('base64')}`);
  const client = new Tracker({ urlBase: address, siteId: 8, userId: 'user-8' });
  const calls = [
    () => client.trackAppStart({ userInfo: { _id: '0123456789abcdef', res: '390x844' } }),
    () => client.trackScreenView({ name: 'Home', url: 'https://app.example/home' }),
    () => client.trackAction({ name: 'Pull / Refresh' }),
    () => client.trackEvent({ category: 'Videos', action: 'Play' }),
    () => client.trackEvent({ category: 'Videos', action: 'Pause', name: 'Intro', value: 12.5, campaign: 'spring' }),
    () => client.trackContent({ name: 'Banner', piece: 'tea.png', target: 'https://app.example/tea' }),
    () => client.trackContent({ name: 'Banner', piece: 'tea.png', interaction: 'tap' }),
    () => client.trackSiteSearch({ keyword: 'grüner tee', category: 'Drinks', count: 3 }),
    () => client.trackLink({ link: 'https://elsewhere.example/?a=1&b=2' }),
    () => client.trackDownload({ download: 'https://app.example/list.pdf', url: 'https://app.example/files' }),
  ];
  for (const call of calls) {
    statuses.push((await call()).status);
  }
  process.stdout.write(JSON.stringify({ statuses }));
}

main();
