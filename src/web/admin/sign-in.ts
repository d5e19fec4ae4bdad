import { ref } from 'vue'

const markKey = 'siyu.signInAt'
const loopMs = 20_000

/** Set when going to sign in by ourselves would only go in circles: then a person presses the button. */
export const signInStuck = ref(false)

export const signInAddress = (): string =>
  `/api/auth/login?to=${encodeURIComponent(window.location.pathname + window.location.search + window.location.hash)}`

/** Leaves for the sign-in once; if we were there a moment ago and are still unknown, says so instead. */
export const startSignIn = (): void => {
  const last = Number(sessionStorage.getItem(markKey) ?? '0')
  if (Date.now() - last < loopMs) {
    signInStuck.value = true
    return
  }
  sessionStorage.setItem(markKey, String(Date.now()))
  window.location.assign(signInAddress())
}

export const signedIn = (): void => sessionStorage.removeItem(markKey)
