import { purchaseChange } from './rows.mjs';
import { receipts, stores } from './receipts.mjs';
import kernel from '@regulars/kernel';
import contracts from '@regulars/contracts';

const CHAIN = 'main';

function message(contract, { at, logPosition, key, store, data }) {
  const id = kernel.naturalId('bench', logPosition);
  return {
    id,
    type: contract.type,
    topic: contract.topic,
    key,
    occurredAt: new Date(at).toISOString(),
    chain: CHAIN,
    store,
    correlationId: kernel.naturalId('bench-request', logPosition),
    causationId: id,
    data,
    logPosition,
    ordinal: 0,
  };
}

const positionOf = (number) => String(number).padStart(16, '0');

/** The chain's stores and an administrator's token, as a relay carries them first. */
export function* beginnings({ tokenId, secretHash }) {
  let number = 0;
  for (const { id, name, region, timeZone, currency } of stores) {
    const data = { store: id, name, region, timeZone, currency, opened: null, closed: null };
    yield message(contracts.storeChangedV1, { at: 0, logPosition: positionOf(++number), key: id, store: id, data });
  }
  const granted = { role: 'administrator', stores: '*', terminal: null, secretHash };
  const data = { tokenId, granted, revokedAt: null };
  yield message(contracts.accessTokenChangedV1, { at: 0, logPosition: positionOf(++number), key: tokenId, data });
}

/** So many receipts as the relay carries them, in the order of the log, from behind the beginnings. */
export function* purchaseMessages(count) {
  let number = 1_000;
  for (const receipt of receipts(count)) {
    const logPosition = positionOf(++number);
    const purchaseId = kernel.naturalId('bench-receipt', logPosition);
    const { at, customer } = receipt;
    const store = stores[receipt.store].id;
    const contract = receipt.of === undefined ? contracts.purchaseRecordedV1 : contracts.purchaseReturnedV1;
    yield message(contract, { at, logPosition, key: customer, store, data: { ...purchaseChange(receipt), purchaseId } });
  }
}
