"""Fills PostgreSQL with posts, tasks, places and answers for `bench.review`: in SQL, one by one would take hours."""

from django.db import connection

WORDS = 400


def seed(posts: int, answers: int, project: int, labelers: list[int], tokenizer: dict[str, str]) -> None:
    """`answers` of two labelers each on the first posts; every tenth pair differs."""
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(
                statement,
                {
                    "posts": posts, "doubly": answers // 2, "project": project, "ann": labelers[0], "bob": labelers[1],
                    "name": tokenizer["name"], "version": tokenizer["version"], "sha": tokenizer["sha256"],
                    "words": b"B" + b"\x00" + b"\x01" * (WORDS - 1), "steps": b"B" + b"\x01\x05" * WORDS,
                },
            )  # fmt: skip
        cursor.execute("ANALYZE")


_SPANS = """(SELECT jsonb_agg(jsonb_build_object('start', k * 36, 'end', k * 36 + 5,
    'label', (ARRAY['Skill','Tool','Role','Language','Place'])[1 + (k + i) %% 5],
    'tokens', jsonb_build_array(k * 6, k * 6 + 1))) FROM generate_series(0, {last}) k)"""
_ANSWER = """INSERT INTO labeling_annotation (project_id, task_id, labeler_id, n, current, kind, second_opinion,
    flagged, reason, comment, settings_event, guideline_version, started_at, submitted_at, active_seconds,
    idempotency_key, stored_at, preparation, tokenizer, trace_id, extra, spans, suggestions)
    SELECT %(project)s, t.id, {who}, 1, true, 'labels', false, false, '', '', 1, 1, now(),
    now() - (i %% 2592000) * interval '1 second', 30, '{prefix}' || i, now(), 'p',
    jsonb_build_object('name', %(name)s::text, 'version', %(version)s::text, 'sha256', %(sha)s::text), '', '{{}}',
    {spans}, '{{"hidden": false, "accepted": 3, "changed": 1, "rejected": 1, "missed": 5}}'
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS i FROM labeling_task ORDER BY id LIMIT %(doubly)s) t"""
_STATEMENTS = (
    """INSERT INTO labeling_post (project_id, post_id, revision, preparation, source, external_id, url, title, company,
    location, date_posted, language, fetched_at, current, trace_id, tokenizer_name, tokenizer_version, tokenizer_sha256,
    near, text, packed_steps, packed_words, suggested, extra)
    SELECT %(project)s, lpad(i::text, 26, '0'), lpad(i::text, 64, '0'), 'p', 'board-' || i %% 50, i::text,
    'https://board.example/' || i, 'Post ' || md5(i::text) || ' welder ' || i, 'Company ' || i %% 5000, 'Lyon',
    '2026-01-01', (ARRAY['en','de','fr'])[1 + i %% 3], now() - i * interval '1 second', true, '', %(name)s, %(version)s,
    %(sha)s, CASE WHEN i %% 20 < 4 THEN i - i %% 4 END,
    repeat('words ', 400), %(steps)s, %(words)s, '[]', '{}' FROM generate_series(1, %(posts)s) i""",
    """INSERT INTO labeling_task (project_id, post_id, state, rank) SELECT project_id, id, 'open', id
    FROM labeling_post""",
    """UPDATE labeling_task SET state = 'done'
    WHERE id IN (SELECT id FROM labeling_task ORDER BY id LIMIT %(doubly)s)""",
    # Few, and the oldest: whoever lists them must not read all others on the way.
    """UPDATE labeling_task SET state = 'stale' WHERE id IN (SELECT id FROM labeling_task ORDER BY id DESC LIMIT 50)""",
    """UPDATE labeling_task SET state = 'deleted' WHERE state = 'open' AND id %% 100 = 0""",
    _ANSWER.format(who="%(ann)s", prefix="ann", spans=_SPANS.format(last=9)),
    _ANSWER.format(who="%(bob)s", prefix="bob", spans=_SPANS.format(last="(9 - (i %% 10 = 0)::int)")),
    """INSERT INTO labeling_labeledspan (annotation_id, project_id, post_id, label, words, start, "end")
    SELECT a.id, a.project_id, t.post_id, s->>'label', 'phrase ' || (a.id + (s->>'start')::int) %% 20000,
    (s->>'start')::int, (s->>'end')::int FROM labeling_annotation a JOIN labeling_task t ON t.id = a.task_id,
    jsonb_array_elements(a.spans) s WHERE (s->>'start')::int < 72""",
    """INSERT INTO adjudication_comparison (project_id, task_id, post_id, newest, answers, exact, at, state)
    SELECT a.project_id, task_id, t.post_id, max(a.id), 2, 0.9, now(),
    CASE WHEN task_id %% 10 = 0 THEN 'disputed' ELSE 'agreed' END
    FROM labeling_annotation a JOIN labeling_task t ON t.id = a.task_id GROUP BY a.project_id, task_id, t.post_id""",
    """INSERT INTO adjudication_gold (project_id, task_id, n, current, by, decided_at, comment, settings_event,
    guideline_version, preparation, tokenizer, spans, extra, stored_at)
    SELECT project_id, task_id, 1, true, 'system', now(), '', 1, 1, 'p', '{}', '[]', '{}', now()
    FROM adjudication_comparison WHERE task_id %% 5 = 0""",
    """INSERT INTO audit_auditentry (id_in_s3, at, by_id, subject, action, account, before, after, extra, stored_at)
    SELECT lpad(i::text, 32, '0'), now() - i * interval '1 second', %(ann)s, 'user person-' || i %% 1000, 'changed', '',
    '{}', '{}', '{}', now() FROM generate_series(1, %(posts)s) i""",
    """INSERT INTO labeling_assignment (task_id, project_id, number, rank, state, annotator_set, question)
    SELECT id, project_id, 1, rank, 'open', 0, false
    FROM labeling_task WHERE state = 'open' ORDER BY id LIMIT 100000""",
)
