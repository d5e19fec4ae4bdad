import { ApiError, missing } from '../errors.ts'
import { staffOf } from '../state.ts'
import type { StaffMember } from '../types.ts'
import type { Api, Call, Reply } from './call.ts'

/** One department holds everybody. */
export const root = 1

const present = (staff: StaffMember): Reply => ({
  userid: staff.userid,
  name: staff.name,
  ...(staff.alias === '' ? {} : { alias: staff.alias }),
  department: [root],
  main_department: root,
  order: [0],
  is_leader_in_dept: [0],
  isleader: 0,
  enable: 1,
  status: 1,
  open_userid: '',
})

function everybody({ ctx, query }: Call): StaffMember[] {
  const department = query.get('department_id')
  if (!department) throw missing('department_id')
  if (department !== String(root)) throw new ApiError(60123)
  return [...ctx.state.staff.values()]
}

export const userApis: readonly Api[] = [
  {
    path: 'user/get',
    method: 'GET',
    run({ ctx, query }) {
      const userid = query.get('userid')
      if (!userid) throw missing('userid')
      const staff = staffOf(ctx.state, userid)
      if (!staff) throw new ApiError(60111)
      return present(staff)
    },
  },
  {
    path: 'user/simplelist',
    method: 'GET',
    run: (call) => ({
      userlist: everybody(call).map(({ userid, name }) => ({
        userid,
        name,
        department: [root],
        open_userid: '',
      })),
    }),
  },
  { path: 'user/list', method: 'GET', run: (call) => ({ userlist: everybody(call).map(present) }) },
  {
    path: 'user/list_id',
    method: 'POST',
    run: ({ ctx }) => ({
      next_cursor: '',
      dept_user: [...ctx.state.staff.values()].map(({ userid }) => ({ userid, department: root })),
    }),
  },
  {
    path: 'department/list',
    method: 'GET',
    run: ({ ctx }) => ({
      department: [{ id: root, name: ctx.state.shop?.name ?? '模拟企业', parentid: 0, order: 1 }],
    }),
  },
  {
    path: 'agent/get',
    method: 'GET',
    run({ ctx, query, agentId }) {
      const wanted = query.get('agentid')
      if (!wanted) throw missing('agentid')
      if (!ctx.apps.some((app) => String(app.agentId) === wanted)) throw new ApiError(40056)
      if (wanted !== String(agentId)) throw new ApiError(301002)
      return {
        agentid: agentId,
        name: '私域助手',
        description: '',
        allow_userinfos: { user: [...ctx.state.staff.values()].map(({ userid }) => ({ userid })) },
        allow_partys: { partyid: [root] },
        allow_tags: { tagid: [] },
        close: 0,
        redirect_domain: ctx.settings.trustedHosts?.[0] ?? '',
        report_location_flag: 0,
        isreportenter: 0,
        home_url: '',
      }
    },
  },
]
