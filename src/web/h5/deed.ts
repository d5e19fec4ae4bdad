/** One tap, one deed: no second tap while the first is under way, and what came of it in words. */
import { ref } from 'vue'
import { troubleOf } from '../shared/phone/api.ts'
import { loadPlayer } from './player.ts'

/** New for each deed; the same deed tried again keeps it, so that it happens once. */
const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

export function useDeed() {
  const said = ref('')
  const isBad = ref(false)
  const isBusy = ref(false)
  let key = newKey()
  /** `work` answers what to say. */
  const run = async (work: (key: string) => Promise<string>): Promise<void> => {
    if (isBusy.value) return
    isBusy.value = true
    try {
      said.value = await work(key)
      isBad.value = false
      key = newKey()
      await loadPlayer()
    } catch (thrown) {
      const { message, fix } = troubleOf(thrown)
      said.value = fix ? `${message}，${fix}` : message
      isBad.value = true
    } finally {
      isBusy.value = false
    }
  }
  return { said, isBad, isBusy, run }
}
