/** Every Element Plus component the console uses, one by one, with only its own styles. */
import 'element-plus/es/components/button/style/css'
import 'element-plus/es/components/dialog/style/css'
import 'element-plus/es/components/drawer/style/css'
import 'element-plus/es/components/input/style/css'
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/switch/style/css'

export { ElButton } from 'element-plus/es/components/button/index'
export { ElDialog } from 'element-plus/es/components/dialog/index'
export { ElDrawer } from 'element-plus/es/components/drawer/index'
export { ElInput } from 'element-plus/es/components/input/index'
export { ElMessage } from 'element-plus/es/components/message/index'
export { ElSwitch } from 'element-plus/es/components/switch/index'
