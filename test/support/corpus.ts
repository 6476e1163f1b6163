/**
 * Real texts in every format of the fast lane, and what a person would ask about them. The questions avoid the words
 * of the passage that answers them, so that a search which only compares words does not find it; each has one answer
 * in the whole corpus.
 */

export interface Paraphrase {
  /** Name of a file in `test/corpus`. */
  readonly file: string;
  /** A question in other words than the text's. */
  readonly query: string;
  /** Verbatim part of the passage that answers it; lies within one line, cell or value. */
  readonly expect: string;
}

export const CORPUS: readonly Paraphrase[] = [
  {
    file: 'beekeeping-winter.txt',
    query: 'How can I tell without disturbing the colony that its food is running out?',
    expect: 'lift the back of the hive',
  },
  {
    file: 'tide-tables.txt',
    query: 'How long may a yacht be stuck that ran aground when the sea stood highest, around full moon?',
    expect: 'may have to wait for a',
  },
  {
    file: 'sourdough.txt',
    query: 'Why does bread proofed in the fridge have a more acidic flavour?',
    expect: 'The cold slows the yeast far more than the bacteria',
  },
  {
    file: 'sailing-knots.txt',
    query: 'How do I tie together two ropes of different diameter?',
    expect: 'double sheet bend',
  },
  {
    file: 'glacier-measuring.txt',
    query: 'How do scientists find out how much ice disappeared over the warm season?',
    expect: 'drill stakes into the ice with a steam lance',
  },
  {
    file: 'violin-varnish.txt',
    query: 'Why must the outermost coat on a string instrument be colourless?',
    expect: 'never into the last',
  },
  {
    file: 'bicycle-gears.md',
    query: 'When should worn links be swapped so that the rest of the drivetrain survives?',
    expect: 'At 306.5 mm fit a new chain',
  },
  {
    file: 'bicycle-gears.md',
    query: 'Which transmission is better for a commuter who keeps halting at junctions?',
    expect: 'In cities with many traffic lights the hub wins',
  },
  {
    file: 'soil-ph.md',
    query: 'Young foliage is pale between its ribs. Which micronutrient can the plant not take up?',
    expect: 'the classic sign of missing iron',
  },
  {
    file: 'chess-endgame.md',
    query: 'Chess: stopping perpetual attacks on the monarch by interposing a piece',
    expect: 'building a bridge',
  },
  {
    file: 'coffee-roasting.md',
    query: 'Why does an espresso made too soon after the beans left the machine taste weak and froth?',
    expect: 'Fresh beans breathe out carbon dioxide for days',
  },
  {
    file: 'incident-runbook.md',
    query: 'How long must the backlog stay small before an outage may be declared finished?',
    expect: 'has been under five seconds for a quarter of an hour',
  },
  {
    file: 'incident-runbook.md',
    query: 'What should I say when a reporter phones during an outage?',
    expect: 'The press office answers journalists',
  },
  {
    file: 'incident-runbook.md',
    query: 'TLS errors appear on the handheld devices; how do I make the server load the renewed key file?',
    expect: 'trackctl gateway signal --hup',
  },
  {
    file: 'railway-signalling.md',
    query: 'How are frontal crashes avoided where there is just one pair of rails for both ways?',
    expect: 'two trains can never meet',
  },
  {
    file: 'railway-signalling.md',
    query: 'How were levers prevented mechanically from making contradictory settings?',
    expect: 'notches cut in one bar caught the tongues of another',
  },
  {
    file: 'lighthouse-lenses.html',
    query: 'Which toxic liquid metal may have driven the attendants of coastal beacons insane?',
    expect: 'floated in a ring of quicksilver',
  },
  {
    file: 'volcano-monitoring.html',
    query: 'What emissions show that molten rock is about to reach the top?',
    expect: 'When the ratio of the two drops suddenly',
  },
  {
    file: 'library-cataloguing.html',
    query: 'How are works by an author with several pseudonyms kept together?',
    expect: 'the authority file has one form',
  },
  {
    file: 'hvac-maintenance.html',
    query: 'Occupants notice a foul sewage odour from the vents. What has been neglected?',
    expect: 'A dry siphon lets the fan suck sewer gas into the building',
  },
  {
    file: 'letterpress.html',
    query: 'How does a typesetter notice by touch that a character is the wrong way up?',
    expect: 'Each piece has a nick on the side that faces the thumb',
  },
  {
    file: 'small-firm-tax.json',
    query: 'How should receipts printed by a cash register be preserved for the authorities?',
    expect: 'Invoices on thermal paper fade within two summers',
  },
  {
    file: 'museum-objects.json',
    query: 'Which antique was used to heat beds?',
    expect: 'Filled with embers and drawn to and fro between the sheets',
  },
  {
    file: 'bird-migration.json',
    query: 'Which minute songbird lands exhausted on the coast after an overnight flight over the ocean?',
    expect: 'crosses the whole of the sea in one night',
  },
  {
    file: 'cheese-making.json',
    query: 'How do I recognise that the milk has coagulated enough to be sliced?',
    expect: 'breaks cleanly over a bent finger',
  },
  {
    file: 'telescope-schedule.json',
    query: 'What suggests that another unseen body orbits that distant sun?',
    expect: 'nine minutes earlier than predicted',
  },
  {
    file: 'weather-station.json',
    query: 'Why were old temperature records too high and had to be adjusted later?',
    expect: 'Grey paint let the afternoon readings creep up',
  },
  {
    file: 'ferry-timetable.csv',
    query: 'How many passengers may disembark daily where the seabirds breed?',
    expect: 'only ninety people a day may set foot on the island',
  },
  {
    file: 'seed-catalogue.csv',
    query: 'Which legume is toxic when eaten raw?',
    expect: 'Poisonous unless boiled for a good quarter of an hour',
  },
  {
    file: 'fountain-pen-inks.csv',
    query: 'Which ink corrodes metal tips so that frequent cleaning is needed?',
    expect: 'Eats steel nibs, so rinse the pen each week',
  },
  {
    file: 'mountain-huts.csv',
    query: 'Why are alpine skiers woken long before dawn?',
    expect: 'must be crossed before the sun has softened it',
  },
  {
    file: 'pottery-glazes.csv',
    query: 'Which coating is safe for drinking vessels because acid does not harm it?',
    expect: 'passes the vinegar test',
  },
  {
    file: 'elevator-inspections.csv',
    query: 'Which wrong business picked up the phone when passengers trapped in the cabin rang the alarm?',
    expect: 'Emergency call is answered by a bakery',
  },
];

export interface ForeignText {
  /** Name of a file in `test/corpus`. */
  readonly file: string;
  /**
   * Words for a keyword search that only this file answers, inflected otherwise than in the text where stemming allows
   * it.
   */
  readonly words: string;
  /** ISO 639-1. */
  readonly language: string;
}

export const FOREIGN: readonly ForeignText[] = [
  { file: 'streuobst.txt', words: 'knorriger Apfel aus Mostereien und Trester', language: 'de' },
  { file: 'pilze.csv', words: 'tödlicher Knollenblätterpilze geschädigter Leber', language: 'de' },
  { file: 'marais-salants.md', words: 'récoltes des paludiers, cristal gris', language: 'fr' },
  { file: 'riego-huerta.md', words: 'goteo de tuberías y gotero atascado', language: 'es' },
  { file: 'cortica.html', words: 'o tirador levanta pranchas de cortiças e sobreiros', language: 'pt' },
  { file: 'samovar.txt', words: 'медного самовара и сосновая шишка', language: 'ru' },
  { file: 'elaiolado.txt', words: 'ελαιοτριβεία θολό λάδι κουκούτσι', language: 'el' },
  { file: 'kilim.json', words: 'kilimlerin motifi kadınlar', language: 'tr' },
  { file: 'washi.html', words: '三椏', language: 'ja' },
];
