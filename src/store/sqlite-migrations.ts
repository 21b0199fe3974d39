/**
 * The schema, one step after the other. A step that has been released is never edited; a change is a new step.
 * `user_version` of the file is the number of steps that it has been through. Steps may use `terms_of_alert`, from an alert's JSON to its
 * terms.
 */
export const sqliteMigrations: readonly string[] = [
  `
  CREATE TABLE alerts (
    sequence  INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    time      REAL NOT NULL,
    severity  TEXT NOT NULL,
    rule_id   TEXT NOT NULL,
    account   TEXT,
    stored_at REAL NOT NULL,
    alert     TEXT NOT NULL
  ) STRICT;

  -- Queries ask for one severity at a time and merge, so that with these four every mix of filters is read from an
  -- index in page order, and a page costs the same however many alerts there are.
  CREATE INDEX alerts_by_severity         ON alerts (severity, time, id);
  CREATE INDEX alerts_by_rule             ON alerts (rule_id, severity, time, id);
  CREATE INDEX alerts_by_account          ON alerts (account, severity, time, id);
  CREATE INDEX alerts_by_account_and_rule ON alerts (account, rule_id, severity, time, id);

  CREATE TABLE deliveries (
    alert      INTEGER NOT NULL REFERENCES alerts (sequence) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    id         TEXT NOT NULL UNIQUE,
    phase      TEXT NOT NULL CHECK (phase IN ('ready', 'waiting', 'leased', 'delivered', 'dead')),
    due        REAL NOT NULL,
    attempts   INTEGER NOT NULL,
    reason     TEXT,
    settled_at REAL,
    PRIMARY KEY (alert, channel)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX deliveries_ready ON deliveries (channel, alert) WHERE phase = 'ready';
  CREATE INDEX deliveries_due   ON deliveries (channel, due) WHERE phase IN ('waiting', 'leased');

  CREATE TABLE rejections (
    sequence  INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    stored_at REAL NOT NULL,
    length    INTEGER NOT NULL,
    about     TEXT NOT NULL,
    bytes     BLOB NOT NULL,
    size      INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE positions (
    source    TEXT NOT NULL PRIMARY KEY,
    position  TEXT NOT NULL,
    stored_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  INSERT INTO counters (name, value) VALUES
    ('alerts.informational', 0), ('alerts.low', 0), ('alerts.medium', 0), ('alerts.high', 0), ('alerts.critical', 0),
    ('deliveries.pending', 0), ('deliveries.delivered', 0), ('deliveries.dead', 0),
    ('rejections', 0), ('rejections.bytes', 0), ('rejections.dropped', 0);

  CREATE TRIGGER alerts_added AFTER INSERT ON alerts BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'alerts.' || NEW.severity;
  END;
  CREATE TRIGGER alerts_changed AFTER UPDATE OF severity ON alerts BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'alerts.' || OLD.severity;
    UPDATE counters SET value = value + 1 WHERE name = 'alerts.' || NEW.severity;
  END;
  CREATE TRIGGER alerts_removed AFTER DELETE ON alerts BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'alerts.' || OLD.severity;
  END;

  CREATE TRIGGER deliveries_added AFTER INSERT ON deliveries BEGIN
    UPDATE counters SET value = value + 1
      WHERE name = 'deliveries.' || iif(NEW.phase IN ('delivered', 'dead'), NEW.phase, 'pending');
  END;
  CREATE TRIGGER deliveries_changed AFTER UPDATE OF phase ON deliveries
    WHEN OLD.phase IN ('delivered', 'dead') OR NEW.phase IN ('delivered', 'dead') BEGIN
    UPDATE counters SET value = value - 1
      WHERE name = 'deliveries.' || iif(OLD.phase IN ('delivered', 'dead'), OLD.phase, 'pending');
    UPDATE counters SET value = value + 1
      WHERE name = 'deliveries.' || iif(NEW.phase IN ('delivered', 'dead'), NEW.phase, 'pending');
  END;
  CREATE TRIGGER deliveries_removed AFTER DELETE ON deliveries BEGIN
    UPDATE counters SET value = value - 1
      WHERE name = 'deliveries.' || iif(OLD.phase IN ('delivered', 'dead'), OLD.phase, 'pending');
  END;

  CREATE TRIGGER rejections_added AFTER INSERT ON rejections BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'rejections';
    UPDATE counters SET value = value + NEW.size WHERE name = 'rejections.bytes';
  END;
  CREATE TRIGGER rejections_removed AFTER DELETE ON rejections BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'rejections';
    UPDATE counters SET value = value - OLD.size WHERE name = 'rejections.bytes';
  END;
  `,
  `
  CREATE TABLE state (
    key       TEXT NOT NULL PRIMARY KEY,
    value     TEXT NOT NULL,
    stored_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Alerts under an exception are listed and counted apart from the others.
  ALTER TABLE alerts ADD COLUMN excepted INTEGER NOT NULL DEFAULT 0 CHECK (excepted IN (0, 1));

  DROP INDEX alerts_by_severity;
  DROP INDEX alerts_by_rule;
  DROP INDEX alerts_by_account;
  DROP INDEX alerts_by_account_and_rule;
  CREATE INDEX alerts_by_severity         ON alerts (excepted, severity, time, id);
  CREATE INDEX alerts_by_rule             ON alerts (rule_id, excepted, severity, time, id);
  CREATE INDEX alerts_by_account          ON alerts (account, excepted, severity, time, id);
  CREATE INDEX alerts_by_account_and_rule ON alerts (account, rule_id, excepted, severity, time, id);

  INSERT INTO counters (name, value) VALUES ('alerts.excepted', 0);

  DROP TRIGGER alerts_added;
  DROP TRIGGER alerts_changed;
  DROP TRIGGER alerts_removed;
  CREATE TRIGGER alerts_added AFTER INSERT ON alerts BEGIN
    UPDATE counters SET value = value + 1 WHERE name = iif(NEW.excepted, 'alerts.excepted', 'alerts.' || NEW.severity);
  END;
  CREATE TRIGGER alerts_changed AFTER UPDATE OF severity, excepted ON alerts BEGIN
    UPDATE counters SET value = value - 1 WHERE name = iif(OLD.excepted, 'alerts.excepted', 'alerts.' || OLD.severity);
    UPDATE counters SET value = value + 1 WHERE name = iif(NEW.excepted, 'alerts.excepted', 'alerts.' || NEW.severity);
  END;
  CREATE TRIGGER alerts_removed AFTER DELETE ON alerts BEGIN
    UPDATE counters SET value = value - 1 WHERE name = iif(OLD.excepted, 'alerts.excepted', 'alerts.' || OLD.severity);
  END;
  `,
  `
  -- What is remembered of assets. A row without an asset says that it was forgotten, to whoever else has the store open; the
  -- revision rises with each commit that changes assets.
  CREATE TABLE assets (
    sequence  INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,
    type      TEXT NOT NULL,
    account   TEXT,
    words     TEXT NOT NULL,
    last_seen REAL NOT NULL,
    revision  INTEGER NOT NULL,
    stored_at REAL NOT NULL,
    asset     TEXT
  ) STRICT;

  CREATE INDEX assets_by_time     ON assets (last_seen, key);
  CREATE INDEX assets_by_type     ON assets (type, last_seen, key);
  CREATE INDEX assets_by_account  ON assets (account, last_seen, key);
  CREATE INDEX assets_by_revision ON assets (revision);

  INSERT INTO counters (name, value) VALUES ('assets.revision', 0);
  `,
  `
  -- The ledger of blocks. A subject has at most one active block, whoever writes.
  CREATE TABLE blocks (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    subject    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('active', 'expired', 'removed', 'approved')),
    rule       TEXT NOT NULL,
    decided_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    stored_at  REAL NOT NULL,
    block      TEXT NOT NULL
  ) STRICT;

  CREATE UNIQUE INDEX blocks_active ON blocks (subject) WHERE state = 'active';
  CREATE INDEX blocks_by_subject    ON blocks (subject, sequence);
  CREATE INDEX blocks_by_state      ON blocks (state, expires_at);
  CREATE INDEX blocks_by_decision   ON blocks (decided_at);

  CREATE TABLE block_approvals (
    source  TEXT NOT NULL,
    network TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('approved', 'shared')),
    reason  TEXT,
    by      TEXT NOT NULL,
    at      REAL NOT NULL,
    PRIMARY KEY (source, network)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE block_audit (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    time       REAL NOT NULL,
    action     TEXT NOT NULL,
    by         TEXT NOT NULL,
    subject    TEXT NOT NULL,
    block      TEXT,
    detail     TEXT NOT NULL,
    phase      TEXT NOT NULL CHECK (phase IN ('done', 'intended', 'confirmed', 'failed')),
    settled_at REAL,
    outcome    TEXT
  ) STRICT;

  CREATE INDEX block_audit_by_subject ON block_audit (subject, sequence);

  CREATE TABLE block_targets (
    name         TEXT NOT NULL PRIMARY KEY,
    held         TEXT NOT NULL,
    left_out     TEXT NOT NULL,
    tried_at     REAL,
    confirmed_at REAL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE block_leases (
    name   TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until  REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  INSERT INTO counters (name, value) VALUES ('leader', 0);
  `,
  `
  -- What alerts are found by, without the text itself: see search-terms.ts, which also says why the tokenizer has nothing to do.
  CREATE VIRTUAL TABLE alert_terms USING fts5 (
    terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
  );
  INSERT INTO alert_terms (rowid, terms) SELECT sequence, terms_of_alert(alert) FROM alerts;
  CREATE TRIGGER alert_terms_removed AFTER DELETE ON alerts BEGIN
    DELETE FROM alert_terms WHERE rowid = OLD.sequence;
  END;
  `,
  `
  -- What a channel was told last, and that it has to be told again. First messages go before those about alerts that are known.
  ALTER TABLE deliveries ADD COLUMN follows INTEGER NOT NULL DEFAULT 0 CHECK (follows IN (0, 1));
  ALTER TABLE deliveries ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE deliveries ADD COLUMN told_revision INTEGER NOT NULL DEFAULT -1;
  ALTER TABLE deliveries ADD COLUMN told TEXT;
  ALTER TABLE deliveries ADD COLUMN changed_at REAL;
  UPDATE deliveries SET told_revision = 0 WHERE phase = 'delivered';

  DROP INDEX deliveries_ready;
  CREATE INDEX deliveries_ready ON deliveries (channel, follows, alert) WHERE phase = 'ready';
  `,
  `
  -- Deliveries that are owed under a condition, and what becomes of those that were given up. A table of its own again, because SQLite
  -- cannot change what a column may hold.
  CREATE TABLE new_deliveries (
    alert         INTEGER NOT NULL REFERENCES alerts (sequence) ON DELETE CASCADE,
    channel       TEXT NOT NULL,
    id            TEXT NOT NULL UNIQUE,
    phase         TEXT NOT NULL CHECK (phase IN ('ready', 'waiting', 'leased', 'delivered', 'dead', 'dropped')),
    due           REAL NOT NULL,
    attempts      INTEGER NOT NULL,
    reason        TEXT,
    settled_at    REAL,
    follows       INTEGER NOT NULL DEFAULT 0 CHECK (follows IN (0, 1)),
    revision      INTEGER NOT NULL DEFAULT 0,
    told_revision INTEGER NOT NULL DEFAULT -1,
    told          TEXT,
    changed_at    REAL,
    cause         TEXT,
    history       TEXT,
    PRIMARY KEY (alert, channel)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_deliveries
    (alert, channel, id, phase, due, attempts, reason, settled_at, follows, revision, told_revision, told, changed_at)
    SELECT alert, channel, id, phase, due, attempts, reason, settled_at, follows, revision, told_revision, told, changed_at
    FROM deliveries;
  DROP TABLE deliveries;
  ALTER TABLE new_deliveries RENAME TO deliveries;

  CREATE INDEX deliveries_ready ON deliveries (channel, follows, alert) WHERE phase = 'ready';
  CREATE INDEX deliveries_due   ON deliveries (channel, due) WHERE phase IN ('waiting', 'leased');
  CREATE INDEX deliveries_dead  ON deliveries (settled_at, id) WHERE phase = 'dead';

  INSERT INTO counters (name, value) VALUES ('deliveries.dropped', 0);
  CREATE TRIGGER deliveries_added AFTER INSERT ON deliveries BEGIN
    UPDATE counters SET value = value + 1
      WHERE name = 'deliveries.' || iif(NEW.phase IN ('delivered', 'dead', 'dropped'), NEW.phase, 'pending');
  END;
  CREATE TRIGGER deliveries_changed AFTER UPDATE OF phase ON deliveries
    WHEN OLD.phase IN ('delivered', 'dead', 'dropped') OR NEW.phase IN ('delivered', 'dead', 'dropped') BEGIN
    UPDATE counters SET value = value - 1
      WHERE name = 'deliveries.' || iif(OLD.phase IN ('delivered', 'dead', 'dropped'), OLD.phase, 'pending');
    UPDATE counters SET value = value + 1
      WHERE name = 'deliveries.' || iif(NEW.phase IN ('delivered', 'dead', 'dropped'), NEW.phase, 'pending');
  END;
  CREATE TRIGGER deliveries_removed AFTER DELETE ON deliveries BEGIN
    UPDATE counters SET value = value - 1
      WHERE name = 'deliveries.' || iif(OLD.phase IN ('delivered', 'dead', 'dropped'), OLD.phase, 'pending');
  END;
  `,
  `
  -- What findings join an alert by, and what people made of it.
  ALTER TABLE alerts ADD COLUMN group_key TEXT;
  ALTER TABLE alerts ADD COLUMN first_seen REAL NOT NULL DEFAULT 0;
  ALTER TABLE alerts ADD COLUMN last_seen REAL NOT NULL DEFAULT 0;
  ALTER TABLE alerts ADD COLUMN status TEXT NOT NULL DEFAULT 'open'
    CHECK (status IN ('open', 'acknowledged', 'in-progress', 'resolved', 'false-positive'));
  ALTER TABLE alerts ADD COLUMN snoozed_until REAL;
  UPDATE alerts SET first_seen = time, last_seen = time;

  CREATE INDEX alerts_by_group  ON alerts (group_key, last_seen) WHERE group_key IS NOT NULL;
  CREATE INDEX alerts_by_snooze ON alerts (snoozed_until) WHERE snoozed_until IS NOT NULL;

  INSERT INTO counters (name, value) VALUES
    ('status.acknowledged', 0), ('status.in-progress', 0), ('status.resolved', 0), ('status.false-positive', 0);
  CREATE TRIGGER alerts_status_changed AFTER UPDATE OF status ON alerts WHEN OLD.status <> NEW.status BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'status.' || OLD.status;
    UPDATE counters SET value = value + 1 WHERE name = 'status.' || NEW.status;
  END;
  CREATE TRIGGER alerts_status_removed AFTER DELETE ON alerts WHEN OLD.status <> 'open' BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'status.' || OLD.status;
  END;

  -- Findings that joined an alert: each is counted once, however often it comes.
  CREATE TABLE occurrences (
    id    TEXT NOT NULL PRIMARY KEY,
    alert INTEGER NOT NULL REFERENCES alerts (sequence) ON DELETE CASCADE,
    time  REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX occurrences_of_alert ON occurrences (alert);

  -- Lines are added and never changed; they outlive the alert.
  CREATE TABLE alert_history (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    alert    TEXT NOT NULL,
    time     REAL NOT NULL,
    action   TEXT NOT NULL,
    by       TEXT NOT NULL,
    via      TEXT NOT NULL,
    detail   TEXT NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX alert_history_of_alert ON alert_history (alert, sequence);

  CREATE TABLE rule_figures (
    rule_id         TEXT NOT NULL PRIMARY KEY,
    rule            TEXT NOT NULL,
    resolved        INTEGER NOT NULL,
    false_positives INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rule_pace (
    rule_id TEXT NOT NULL,
    start   REAL NOT NULL,
    told    INTEGER NOT NULL,
    muted   INTEGER NOT NULL,
    detail  TEXT NOT NULL,
    PRIMARY KEY (rule_id, start)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE suppressions (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    suppression TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- Alerts of several findings by how long they last, so that those which went on at a time are found in the order of pages.
  ALTER TABLE alerts ADD COLUMN lasting INTEGER;
  UPDATE alerts SET lasting = CASE
      WHEN last_seen - first_seen <= 600000      THEN 1
      WHEN last_seen - first_seen <= 3600000     THEN 2
      WHEN last_seen - first_seen <= 21600000    THEN 3
      WHEN last_seen - first_seen <= 86400000    THEN 4
      WHEN last_seen - first_seen <= 604800000   THEN 5
      WHEN last_seen - first_seen <= 2592000000  THEN 6
      WHEN last_seen - first_seen <= 31536000000 THEN 7
      ELSE 8 END
    WHERE last_seen > first_seen;
  CREATE INDEX alerts_by_lasting ON alerts (lasting, excepted, time, id, first_seen, last_seen, severity, rule_id, account)
    WHERE lasting IS NOT NULL;
  `,
];
