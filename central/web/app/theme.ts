import { type ThemeConfig, theme } from 'antd'

// The same colours stand as --ow-* in portal.css; both sides were checked for a contrast of 4.5 : 1 on their panel.
const LIGHT = {
  colorPrimary: '#0b6a80',
  colorSuccess: '#1b7a43',
  colorWarning: '#9a6200',
  colorError: '#b92c22',
  colorBgLayout: '#eef1f4',
  colorBgContainer: '#ffffff',
  colorBorderSecondary: '#dde3e9',
  colorText: '#16222d',
  colorTextSecondary: '#4c5d6d',
}
const DARK = {
  colorPrimary: '#3aa9c1',
  colorSuccess: '#4cc38a',
  colorWarning: '#e3ad55',
  colorError: '#f3837a',
  colorBgLayout: '#0c1217',
  colorBgContainer: '#141c23',
  colorBorderSecondary: '#25313b',
  colorText: '#dbe5ed',
  colorTextSecondary: '#94a6b6',
}

const FONT = "'PingFang SC', 'Microsoft YaHei UI', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', system-ui, sans-serif"

// The compact algorithm takes the next smaller size: 15 becomes the 13 of portal.css.
/** The look of antd's parts, dense and calm, in light and dark. */
export function portalTheme(isDark: boolean): ThemeConfig {
  return {
    algorithm: isDark ? [theme.darkAlgorithm, theme.compactAlgorithm] : [theme.compactAlgorithm],
    token: {
      ...(isDark ? DARK : LIGHT),
      colorInfo: isDark ? DARK.colorPrimary : LIGHT.colorPrimary,
      fontFamily: FONT,
      fontSize: 15,
      borderRadius: 4,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.18s',
    },
    components: { Table: { cellPaddingBlockSM: 5, cellPaddingInlineSM: 10, headerBorderRadius: 0 } },
  }
}
