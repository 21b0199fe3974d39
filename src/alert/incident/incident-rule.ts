/** What the alerts of incidents name as their rule. */
export const incidentRule = {
  id: 'incident',
  title: 'Several alerts belong together',
} as const;
