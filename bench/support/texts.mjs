// Texts for benchmarks: as many as are wanted, no two alike, their words about as frequent as in prose.

const WORDS =
  `the of and to a in that is was he for it with as his on be at by had not are but from or have an they which
one you were all her she there would their we him been has when who will no more if out so up said what its about than
into them can only other time new some could these two may first then do any like my now over such our man me even most
made after also did many off before must well back through years much where your way down should because long each just
state those people too mister good very make world still see own work men day get here old between both life being under
three never know same last another while us might great go come since against right came take used himself few house
american use place during high without again home around small however found mrs part school thought went say general
once upon every left war until always away something fact water less public put think almost hand enough far took head
yet government system set better told nothing night end why called eyes find going look asked later knew point next
program city business give group toward days young let room word social given several side national second possible
rather per face among form important often things looked early white case large need big four within felt children
church family kind sense light country winter bee river bridge engine lamp keeper harbour letter garden mountain forest
meadow clock market bread stone copper silver valley island voyage storm sail anchor compass chart signal tower window
desk table chair candle mirror carpet kettle basket ladder hammer chisel needle thread button ribbon velvet leather
orchard vineyard barley wheat oats honey pepper cinnamon ginger vinegar butter cheese salmon herring falcon sparrow
heron badger otter squirrel hedgehog willow maple cedar juniper heather thistle lantern furnace boiler piston valve lever
pulley circuit battery magnet prism telescope microscope barometer thermometer ledger invoice contract treaty parliament
minister ambassador colonel sergeant sailor carpenter mason weaver baker tailor farmer miller shepherd surgeon lawyer
painter sculptor composer violin trumpet drum orchestra theatre comedy tragedy novel sonnet chapter preface glossary`
    .split(/\s+/)
    .filter((word) => word !== '');

/**
 * @param {number} number of the text: the same one is the same text
 * @param {number} words
 */
export function textOf(number, words) {
  let state = (Math.imul(number + 1, 2_654_435_761) ^ 0x9e37_79b9) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const paragraphs = [];
  for (let written = 0; written < words;) {
    const sentences = [];
    for (let at = 0; at < 6 && written < words; at += 1) {
      const length = 8 + Math.floor(random() * 14);
      // Frequent ones come first: a word's rank is drawn so that its frequency falls with it, as in prose.
      const list = Array.from({ length }, () => WORDS[Math.floor(WORDS.length ** random()) - 1]);
      const [first, ...rest] = list;
      sentences.push(`${first[0].toUpperCase()}${first.slice(1)} ${rest.join(' ')}.`);
      written += length;
    }
    paragraphs.push(sentences.join(' '));
  }
  return `Report ${number}.\n\n${paragraphs.join('\n\n')}\n`;
}

/** Words of the documents of a mix, in turn: a note, a letter, an article, a report. */
const MIX = [120, 400, 900, 2_000];
/** Documents in one turn of it. */
export const MIX_DOCUMENTS = MIX.length;

/** @param {number} number */
export const documentOf = (number) => textOf(number, MIX[number % MIX.length]);
