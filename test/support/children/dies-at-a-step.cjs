// The built service, which kills itself (SIGKILL) at the step of an ingestion that the file is called by: `STEP.txt`.
// A file that was worked on before is worked on to its end.
const { join } = require('node:path');

const { modules, api } = require(join(__dirname, '../../../dist/libs/launch/src/index.js')).readBundle();

const { ChunksRepository, IngestionLedger, UploadsRepository } = modules['./libs/documents/src/index.js']();

const die = () => process.kill(process.pid, 'SIGKILL');
const claims = new Map();

/** Makes a method die before, in the middle of and after its work. */
function mortal({ prototype }, name, claimOf) {
  const work = prototype[name];
  prototype[name] = async function (...args) {
    const at = (moment) => {
      const { filename, interruptions = 0 } = claimOf(args) ?? {};
      return interruptions === 0 && filename?.replace(/\.\w+$/, '') === `${name}-${moment}`;
    };
    if (at('before')) return new Promise(die);
    const done = work.apply(this, args);
    if (at('during')) setImmediate(die);
    const result = await done;
    if (name === 'claim' && result !== undefined) claims.set(result.documentId, result);
    if (at('after')) return new Promise(die);
    return result;
  };
}

const first = ([claim]) => claim;
mortal(UploadsRepository, 'adopt', first);
mortal(IngestionLedger, 'claim', ([id]) => [...claims.values()].find(({ rowId }) => rowId === id));
mortal(IngestionLedger, 'progress', first);
mortal(IngestionLedger, 'complete', first);
mortal(IngestionLedger, 'fail', first);
mortal(ChunksRepository, 'storeText', first);
mortal(ChunksRepository, 'storeBatch', first);
mortal(ChunksRepository, 'sweepDocument', ([id]) => claims.get(id));
api();
