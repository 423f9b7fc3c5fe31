/** Domain of this extension's translations. */
export const DOMAIN = 'mofang_cloudshell';

export namespace CommandIDs {
  /**
   * Open a Cloud Shell; arguments: `jobId`, `role`, `index`. Without them the person
   * is asked.
   */
  export const open = 'mofang-cloudshell:open';
}
