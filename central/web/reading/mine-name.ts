import { useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'

/** The name of a mine in the user's jurisdiction; its code until the name is known. */
export function useMineName(subjectCode: string): string {
  const overview = useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => api.overview(signal), staleTime: 60_000 })
  const mines = overview.data?.counties.flatMap((county) => county.mines) ?? []
  return mines.find((mine) => mine.subjectCode === subjectCode)?.name ?? subjectCode
}
