import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { statuses } from '../alert/alert-life.ts';
import type { LifecycleChange } from '../alert/lifecycle.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { passOn } from '../store/incident-life.ts';
import type { Store } from '../store/store.ts';
import { findAlert } from './alerts.ts';
import { byOf } from './life.ts';
import type { Attempt } from './life-page.ts';
import { formRoutes, longestForm } from './page-form.ts';
import { fromStore, HttpProblem } from './problem.ts';

export interface LifeFormRoutes {
  readonly store: Store;
  readonly now: () => number;
  readonly channelNames: () => readonly string[];
  readonly nudge: () => void;
  readonly gathering: GatherSetting | undefined;
  /** The page of an alert after an attempt that changed nothing. */
  readonly show: (request: FastifyRequest, reply: FastifyReply, attempt: Attempt) => Promise<FastifyReply>;
  /** Where the browser goes after a change. */
  readonly after: (request: FastifyRequest, id: string) => string;
}

const hour = 3_600_000;

const text = z
  .string()
  .default('')
  // Browsers end the lines of a form with both.
  .transform((value) => value.replaceAll('\r\n', '\n').trim());

const changeForm = z.object({
  do: z.enum([...statuses, 'assign', 'comment', 'snooze', 'wake']),
  revision: z.coerce.number().int().min(0),
  by: text.pipe(z.string().max(200)),
  assignee: text,
  text,
  hours: z.coerce.number().positive().max(8_784).default(4),
});

type ChangeForm = z.output<typeof changeForm>;

/** `POST /alerts/:id`: the form on the page of an alert, for people whose browser sends it from that page. */
export function lifeFormRoutes(parent: FastifyInstance, options: LifeFormRoutes): void {
  const { store, now } = options;
  formRoutes(parent, (app) => {
    app.route<{ Params: { id: string } }>({
      method: 'POST',
      url: '/alerts/:id',
      config: { isPage: true },
      bodyLimit: longestForm,
      schema: { hide: true },
      handler: async (request, reply) => {
        const parsed = changeForm.safeParse(request.body);
        if (!parsed.success)
          throw new HttpProblem(
            400,
            `The form is not one of this page (${parsed.error.issues[0]?.path.join('.') ?? ''}); open the alert again.`,
          );
        const form = parsed.data;
        const { alert } = await findAlert(store, request.params.id);
        const result = await fromStore(() =>
          store.life.change({
            alertId: alert.id,
            change: changeOf(form, now()),
            by: byOf(request, form.by === '' ? undefined : form.by),
            via: 'console',
            // A comment stands beside whatever happened meanwhile.
            expected: form.do === 'comment' ? undefined : form.revision,
            followUps: statuses.some((status) => status === form.do) ? options.channelNames() : [],
            now: now(),
          }),
        );
        const failed = (status: number, problem: string, outdated?: number): Promise<FastifyReply> =>
          options.show(request, reply.code(status), {
            problem,
            outdated,
            text: form.text,
            by: form.by,
            assignee: form.assignee,
          });
        switch (result.type) {
          case 'unknown':
            throw new HttpProblem(404, 'The alert is gone; / lists those that there are.');
          case 'stale':
            return failed(
              409,
              'The alert has changed since you opened it. Look at what happened, and decide again:',
              form.revision,
            );
          case 'refused':
            return failed(400, `${result.reason}.`);
          case 'changed': {
            const change = changeOf(form, now());
            if (change.type === 'status')
              await fromStore(() =>
                passOn(store, options.gathering, result.alert, {
                  ...change,
                  by: byOf(request, form.by === '' ? undefined : form.by),
                  via: 'console',
                  now: now(),
                }),
              );
            options.nudge();
            break;
          }
          case 'unchanged':
        }
        return reply.redirect(options.after(request, alert.id), 303);
      },
    });
  });
}

function changeOf(form: ChangeForm, now: number): LifecycleChange {
  const reason = form.text === '' ? undefined : form.text;
  switch (form.do) {
    case 'assign':
      return { type: 'assign', assignee: form.assignee === '' ? undefined : form.assignee };
    case 'comment':
      return { type: 'comment', text: form.text };
    case 'snooze':
      return { type: 'snooze', until: now + form.hours * hour, reason };
    case 'wake':
      return { type: 'wake' };
    default:
      return { type: 'status', status: form.do, reason };
  }
}
