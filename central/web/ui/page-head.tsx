import type { ReactNode } from 'react'

/** The head of a page: where one is, what it is, and what one can do here. */
export function PageHead({ title, trail, extra }: { readonly title: ReactNode; readonly trail?: ReactNode; readonly extra?: ReactNode }): ReactNode {
  return (
    <header className="ow-page-head">
      <div>
        {trail && <nav className="ow-trail">{trail}</nav>}
        <h1>{title}</h1>
      </div>
      {extra && <div className="ow-page-extra">{extra}</div>}
    </header>
  )
}

/** One figure with its name; `tone` colours it, the words carry the meaning. */
export function Figure({ name, value, tone, hint }: { readonly name: string; readonly value: ReactNode; readonly tone?: 'good' | 'bad' | 'stale' | 'plain'; readonly hint?: string }): ReactNode {
  return (
    <div className={`ow-figure ow-tone-${tone ?? 'plain'}`} title={hint}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
