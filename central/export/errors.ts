import { defineErrors } from '@orewatch/core'

/** What an export refuses. */
export const exportErrors = defineErrors('EXPORT', {
  SPAN_TOO_LONG: { retry: 'never', message: '导出的时间跨度太长，请分段导出 / the span of an export is too long; ask for it in parts.' },
  SPAN_EMPTY: { retry: 'never', message: '起始时间必须早于结束时间 / the beginning of an export must be before its end.' },
  BUSY: { retry: 'soon', message: '正在进行的导出太多，请稍后再试 / too many exports are under way; try again soon.' },
})
