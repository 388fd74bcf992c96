/** Says in the runner's log what a check leaves out because the options do not give what it needs. */
export const notTried = (check: string, give: string): void => {
  // oxlint-disable-next-line no-console -- what is left out must be seen
  console.log(`not tried: ${check}: give ${give}`);
};
