-- What the acceptance tests read: every kind of type, ties and nulls in a cursor, a view, odd names.
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE TYPE pair AS (number int, word text);
CREATE DOMAIN price AS numeric(10, 2);

CREATE TABLE users (
    id int PRIMARY KEY,
    name text NOT NULL,
    balance price,
    updated_at timestamptz
);
INSERT INTO users VALUES
    (1, 'Lovelace, Ada', 12.50, '2026-01-01 00:00:00+00'),
    (2, E'Line one\nline "two" \\ 🎉', -3.25, '2026-01-02 03:04:05.123456+02'),
    (3, 'Tied', 0, '2026-01-02 03:04:05.123456+02'),
    (4, 'Tied, too', 1, '2026-01-02 03:04:05.123456+02'),
    (5, 'Later', NULL, '2026-01-03 00:00:00+00'),
    (6, 'Never', 'NaN', NULL);

CREATE TABLE "Every ""Type""" (
    id bigint, "yes" bool, small int2, single real, double double precision, exact numeric,
    wide numeric(30, 2), whole numeric(5, 0), fixed char(4), short varchar(10), identity uuid,
    day date, local timestamp, moment timestamptz, hour time, hour_with_zone timetz,
    length interval, bytes bytea, old_json json, new_json jsonb, numbers int[], exacts numeric[],
    words text[], feeling mood, composite pair, address inet, range int4range, markup xml,
    amount money, bits bit(3), "select" text, "r" text, "Upper" text, "upper" text,
    PRIMARY KEY ("Upper", id)
);
INSERT INTO "Every ""Type""" VALUES (
    9223372036854775807, true, -32768, 1.1, 0.1, 123456789012345678901234567890.12345,
    1234567890123456789012345678.12, 12345, 'ab', 'é', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '2026-02-28', '2026-01-02 03:04:05.123456', '2026-01-02 03:04:05+02', '23:59:58.5', '03:04:05+05',
    '1 year 2 mons 3 days 04:05:06.7', '\x00ff10', E'{"a":\n 1.50}', '{"k": [1, {"z": null}]}',
    '{{1,2},{3,4}}', '{1.10,NaN}', '{a,NULL,"b,c"}', 'fine', '(1,"x y")', '192.0.2.1/24', '[1,5)',
    '<a>1</a>', '12.50', B'101', 'reserved', 'alias', 'A', 'a'
), (
    0, NULL, NULL, 'NaN', '-Infinity', 'NaN', 'NaN', NULL, '', '', NULL, 'infinity', '-infinity',
    '12000-01-01 00:00:00+00', NULL, NULL, NULL, '', '"text"', '[]', '{}', '{}', '{}', NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, 'B', NULL
);

CREATE VIEW balances AS SELECT id, balance FROM users WHERE balance >= 0 AND balance <> 'NaN';
CREATE TABLE nothing (id int PRIMARY KEY, at date);
-- More than 100 MB, which cost no disk.
CREATE VIEW large AS
SELECT number AS id, repeat('0123456789', 1000) AS text FROM generate_series(1, 11000) AS number;
