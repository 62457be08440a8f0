import { MoonOutlined, SunOutlined, TranslationOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import type { ReactNode } from 'react'
import { type ThemeChoice, usePreferences } from './preferences.tsx'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts(
  { theme: '外观', system: '跟随系统', light: '浅色', dark: '深色', language: 'English', languageLabel: 'Switch to English' },
  { theme: 'Appearance', system: 'As the system', light: 'Light', dark: 'Dark', language: '中文', languageLabel: '切换到中文' },
)

/** Language and appearance. */
export function Switches(): ReactNode {
  const t = useTexts(texts)
  const { language, setLanguage, themeChoice, setThemeChoice, isDark } = usePreferences()
  const choices: readonly ThemeChoice[] = ['system', 'light', 'dark']
  return (
    <div className="ow-switches">
      <Button type="text" icon={<TranslationOutlined />} aria-label={t.languageLabel} onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}>
        {t.language}
      </Button>
      <Dropdown
        trigger={['click']}
        menu={{ items: choices.map((key) => ({ key, label: t[key] })), selectable: true, selectedKeys: [themeChoice], onClick: ({ key }) => setThemeChoice(key as ThemeChoice) }}
      >
        <Button type="text" icon={isDark ? <MoonOutlined /> : <SunOutlined />} aria-label={`${t.theme}: ${t[themeChoice]}`} />
      </Dropdown>
    </div>
  )
}
