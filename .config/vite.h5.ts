import { webConfig } from './vite.web.ts'

export default webConfig('h5')
