/** From so many pages of 4 KB on, the log is begun anew: sooner than SQLite would have a commit do it. */
export const longLog = 6_144;

/** What the thread that checkpoints found. */
export interface CheckpointPass {
  /** The log, when it looked. */
  pages: number;
  /** Whether the next commit begins the log anew. A long one goes on growing where there was no gap between commits. */
  isBegunAnew: boolean;
}
