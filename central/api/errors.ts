import { defineErrors } from '@orewatch/core'

/** Refusals and failures of the HTTP interface; `API_STATUS` says with which status each is answered. */
export const apiErrors = defineErrors('API', {
  UNAUTHENTICATED: { retry: 'never', message: '请先登录 / log in first.' },
  LOGIN_REFUSED: { retry: 'never', message: '用户名或口令不对 / user name or password is wrong.' },
  LOGIN_LOCKED: { retry: 'later', message: '登录失败次数过多，请稍后再试 / too many failed logins, try again later.' },
  WRONG_PASSWORD: { retry: 'never', message: '原口令不对 / the present password is wrong.' },
  FORBIDDEN: { retry: 'never', message: '没有这项权限，或不在您的辖区内 / not permitted, or outside your jurisdiction.' },
  PASSWORD_MUST_CHANGE: { retry: 'never', message: '请先修改口令 / change your password first.' },
  FOREIGN_ORIGIN: { retry: 'never', message: 'A changing request must come from the portal itself: Origin and Host differ.' },
  NOT_JSON: { retry: 'never', message: 'The body of a changing request must be application/json.' },
  NOT_FOUND: { retry: 'never', message: '没有找到 / there is nothing of that name.' },
  BAD_REQUEST: { retry: 'never', message: 'The request does not fit its schema.' },
  TOO_MANY: { retry: 'soon', message: '请求太频繁 / too many requests.' },
  TOO_MANY_STREAMS: { retry: 'later', message: 'Too many live streams are open.' },
  TOO_LARGE: { retry: 'never', message: 'The request is too large.' },
  UNAVAILABLE: { retry: 'soon', message: '后台部件暂不可用 / a part of the system cannot answer now.' },
  INTERNAL: { retry: 'soon', message: '内部错误，已记录 / internal error, it has been logged.' },
  ROUTE_WITHOUT_PERMISSION: { retry: 'never', message: 'A route declares no permission; every route must say who may use it.' },
})

/** HTTP status of each code of `apiErrors`. */
export const API_STATUS: Readonly<Record<string, number>> = {
  API_UNAUTHENTICATED: 401,
  API_LOGIN_REFUSED: 401,
  API_LOGIN_LOCKED: 429,
  API_WRONG_PASSWORD: 403,
  API_FORBIDDEN: 403,
  API_PASSWORD_MUST_CHANGE: 403,
  API_FOREIGN_ORIGIN: 403,
  API_NOT_JSON: 415,
  API_NOT_FOUND: 404,
  API_BAD_REQUEST: 400,
  API_TOO_MANY: 429,
  API_TOO_MANY_STREAMS: 503,
  API_TOO_LARGE: 413,
  API_UNAVAILABLE: 503,
  API_INTERNAL: 500,
}
