import { ConflictError } from '@octo/kernel';
import { type Claim } from '@octo/plane';
import { type Row, run, type Transaction } from './database.ts';
import { seqOf, TASK } from './ids.ts';

/** Of tasks that some node holds. The same words in the index and in every query, or the index is not used. */
export const HELD = `state in ('Executing', 'Cancelling')`;

export function claimLost(claim: Claim): ConflictError {
  return new ConflictError(
    'OCTO_CLAIM_LOST',
    `${claim.nodeId} does not hold ${claim.taskId} any more (fence ${claim.fence})`,
    { hint: 'another node has taken the task over; look at its log' },
  );
}

/** The task's row if the claim still holds, and then until the transaction ends; else the write that asked is refused. */
export async function holdClaim(trx: Transaction, claim: Claim): Promise<Row> {
  const [row] = await run(
    trx,
    `select seq, log_seq from task where seq = ? and claim_node = ? and claim_fence = ? and ${HELD} ${trx.dialect.forUpdate}`,
    [seqOf(TASK, claim.taskId), claim.nodeId, claim.fence],
  );
  if (!row) throw claimLost(claim);
  return row;
}
