/** Runs `work` while nobody else on this machine holds the lock of that name; `onWait` is called once when another one does. */
export declare const holdLock: <Value>(
  name: string,
  work: () => Promise<Value>,
  onWait?: () => void,
) => Promise<Value>
