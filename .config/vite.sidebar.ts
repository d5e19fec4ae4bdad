import { webConfig } from './vite.web.ts'

export default webConfig('sidebar')
